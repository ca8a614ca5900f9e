/*
 * cache_memory.c - units of a shard for what is to be stored.
 *
 * Runs in workers.  What lies in many pieces is evicted from many places, and
 * whether that made a long run shows only afterwards.  So a body takes runs that
 * are long enough (cache_piece), and only a head must be in one.
 */
#include "common/shm/cache_memory.h"

#include "common/shm/cache_index.h"

#define VICTIMS_MAX 64 /* in one critical section */

uint32_t cache_take_run(struct cache_view *v, uint32_t n)
{
	uint32_t at;

	for (unsigned i = 0; cache_blocks_longest(&v->blocks) < n; i++)
		if (i == VICTIMS_MAX || !cache_evict(v, CACHE_OWNER_NONE))
			return CACHE_NONE;
	return cache_blocks_take(&v->blocks, n, &at) == n ? at : CACHE_NONE;
}

uint32_t cache_take_some(struct cache_view *v, uint32_t n, uint32_t least,
    uint32_t *at_r)
{
	for (unsigned i = 0; cache_blocks_longest(&v->blocks) < least; i++)
		if (i == VICTIMS_MAX || !cache_evict(v, CACHE_OWNER_NONE))
			return 0;
	return cache_blocks_take(&v->blocks, n, at_r);
}

void cache_keep_share(struct cache_view *v, const struct cache_entry *e,
    uint64_t n)
{
	const struct cache_growth *g = cache_growth_of(v, e);
	unsigned owner;

	if (g == NULL || g->share == 0)
		return;
	if (!e->indexed)
		n += e->total;
	owner = cache_queue_owner(&v->queue, g->owner);
	for (unsigned i = 0; i < VICTIMS_MAX; i++)
		if (cache_queue_weight(&v->queue, owner) + n <= g->share ||
		    !cache_evict(v, owner))
			return;
}

bool cache_may_grow(const struct cache_view *v, uint64_t n)
{
	return v->shard->held[CACHE_HELD_GROWTH] + n <= v->units / 4;
}
