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

/*
 * If the vhost wants to be asked for otherwise, by its one name or over TLS:
 * REPLY sends the client there, and the result is true.  Not for what proves
 * who we are to who issues certificates (RFC 8555, 8.3).
 */
bool answer_elsewhere(struct exchange *x, struct reply *reply);

#endif
