/*
 * relay.h - a request to an origin, and its reply back.
 */
#ifndef WORKER_PROXY_RELAY_H
#define WORKER_PROXY_RELAY_H

#include "worker/origin/pool.h"
#include "worker/proxy/reply.h"

#define RELAY_INTERIMS_MAX 64 /* replies with 1xx before the final one */

/*
 * Sends the request of X to S, which is reserved, and reads the head of the reply; passes interim
 * replies on.  0: REPLY holds head and source (closing the source is the
 * caller's).  -1 after exchange_fail.  An idle connection that turns out to be
 * closed is replaced by a new one silently, if the request may be repeated.
 */
WAITS int relay_request(struct exchange *x, struct server *s,
    struct reply *reply);

/* The field lines of ours that the request of X goes out with, in its arena.
 * STR_NONE: there is no room for them. */
struct str relay_lines(struct exchange *x);

/* After a failure: may the request go to another server? */
bool relay_may_retry(const struct exchange *x);

#endif
