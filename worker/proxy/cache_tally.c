/*
 * cache_tally.c - what the cache did, counted.
 *
 * Runs in workers, at the end of each exchange.
 */
#include "worker/proxy/cache_tally.h"

#include "common/shm/seat.h"

void cache_tally(const struct exchange *x)
{
	static const enum counter counters[] = {
#define CACHE_USE(name, counter, meaning)                                     \
	[CACHE_USE_##name] = COUNT_cache_##counter,
#include "common/tbl/cache_uses.h"
#undef CACHE_USE
	};

	if (x->cache != CACHE_UNUSED)
		count_add(counters[x->cache], 1);
}
