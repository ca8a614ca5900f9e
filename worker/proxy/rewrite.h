/*
 * rewrite.h - what becomes of a path.
 */
#ifndef WORKER_PROXY_REWRITE_H
#define WORKER_PROXY_REWRITE_H

#include "worker/proxy/reply.h"

/*
 * Applies the rules of the vhost to the normalised path of X, before a route
 * is looked for.  False: REPLY sends the client elsewhere, or exchange_fail.
 */
bool rewrite_for_vhost(struct exchange *x, struct reply *reply);

/* The same for the route of X: strip, then its rules. */
bool rewrite_for_route(struct exchange *x, struct reply *reply);

#endif
