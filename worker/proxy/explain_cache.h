/*
 * explain_cache.h - what the cache would do with a request, and why.
 */
#ifndef WORKER_PROXY_EXPLAIN_CACHE_H
#define WORKER_PROXY_EXPLAIN_CACHE_H

#include "common/base/out.h"
#include "worker/proxy/exchange.h"

/* X, which nobody has sent, is where the cache would be asked: tells which
 * settings hold, under what name it is looked for, what there is, and what
 * would be done.  Not on a fiber; does not wait. */
void explain_caching(struct exchange *x, struct out *o);

#endif
