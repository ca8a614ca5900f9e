/*
 * cache_tally.h - what the cache did, counted.
 */
#ifndef WORKER_PROXY_CACHE_TALLY_H
#define WORKER_PROXY_CACHE_TALLY_H

#include "worker/proxy/exchange.h"

/* One exchange more, which has ended. */
void cache_tally(const struct exchange *x);

#endif
