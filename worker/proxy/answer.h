/*
 * answer.h - answers of the operator's own, and where clients are sent.
 */
#ifndef WORKER_PROXY_ANSWER_H
#define WORKER_PROXY_ANSWER_H

#include "worker/proxy/reply.h"

/* The action of a route without an origin: REPLY is made, or exchange_fail. */
void answer_make(struct exchange *x, struct reply *reply);

/*
 * Sends the client to TO, with the query of the request unless TO has one.  If
 * it IS_URL it stays as it is; else it becomes a path here, whatever it holds.
 */
void answer_redirect(struct exchange *x, unsigned status, struct str to,
    bool is_url, struct reply *reply);

/* If the vhost has one name and the client used another: REPLY sends it there,
 * and the result is true. */
bool answer_canonical(struct exchange *x, struct reply *reply);

#endif
