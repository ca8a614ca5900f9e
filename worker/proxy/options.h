/*
 * options.h - the OPTIONS requests that end here.
 */
#ifndef WORKER_PROXY_OPTIONS_H
#define WORKER_PROXY_OPTIONS_H

#include "worker/proxy/reply.h"

/* For the field Allow: what we have an opinion on.  Others are forwarded. */
#define OPTIONS_ALLOW "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

/*
 * Is the request, whose vhost is known, one that we answer ourselves?  Then
 * REPLY is the answer.  False too after exchange_fail; where a request is to
 * go on, its Max-Forwards is one less.
 */
bool options_answer(struct exchange *x, struct reply *reply);

#endif
