/*
 * explain.h - what would become of a request, and why: sluicectl route,
 * and sluicectl cache explain.
 */
#ifndef WORKER_PROXY_EXPLAIN_H
#define WORKER_PROXY_EXPLAIN_H

#include "common/base/out.h"
#include "common/conf/conf.h"

/*
 * QUESTION is, with tabs between: the method, the URL, the client's address,
 * and fields ("X-Env: test").  Appends to ANSWER which vhost, rewriting, route
 * and pool would take the request, and why the other routes did not.  False:
 * the question is malformed, ANSWER says how.  Nothing is sent anywhere; never
 * waits.  Not on a fiber: it uses some KiB of stack.
 */
bool explain(const struct conf *conf, struct str question,
    struct out *answer);

/* The same, and what the cache would do with it, and why. */
bool explain_cache(const struct conf *conf, struct str question,
    struct out *answer);

#endif
