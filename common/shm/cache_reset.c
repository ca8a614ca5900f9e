/*
 * cache_reset.c - a shard whose last holder died inside.
 *
 * Runs in the worker that takes the lock next.  Nothing that the index, the
 * queue, the sums or the book say can be relied on.  What can: the pin tables,
 * which lie elsewhere and are written before anything else, and of what is
 * pinned its runs, which are linked only when they are whole.  So
 *
 *	1. the index and the queue are empty, all units are free
 *	2. what is in a table is in no index and has no pins
 *	3. each pin in a table is counted, and its entry's runs are in use
 *
 * Readers of pinned bodies notice nothing: they need neither index nor lock.
 * A fetch goes on too: for its readers, and to be published.
 */
#include "common/shm/cache_reset.h"

#include <string.h>

#include "common/shm/cache_entry.h"
#include "common/shm/cache_pins.h"

static void forget(struct cache_view *v, struct cache_entry *e, uint32_t at,
    uint32_t count)
{
	(void)v;
	(void)at;
	(void)count;
	e->pins = 0;
	e->indexed = 0;
	e->node.queued = 0;
	e->held = CACHE_HELD_NOT;
	if (e->record_at != CACHE_NONE)
		e->record_n = 0; /* nobody will find it any more */
	e->record_at = CACHE_NONE;
}

static void keep(struct cache_view *v, struct cache_entry *e, uint32_t at,
    uint32_t count)
{
	if (e->pins == 0) {
		e->total = cache_entry_runs(v, e, at, cache_blocks_keep);
		cache_entry_hold(v, e,
		    e->growth != CACHE_NONE ? CACHE_HELD_GROWTH
					    : CACHE_HELD_READ);
	}
	e->pins += count;
}

static void for_each_pin(struct cache_view *v,
    void (*fn)(struct cache_view *v, struct cache_entry *e, uint32_t at,
	uint32_t count))
{
	uint32_t seats = atomic_load(&cache_head->seats);

	for (uint32_t seat = 0; seat < seats && seat < SEAT_COUNT; seat++) {
		struct cache_pins *t = cache_pins_of(v->number, (int)seat);

		for (uint32_t i = 0; i < t->top && i < CACHE_PINS; i++) {
			uint32_t at = t->at[i].at;
			struct cache_entry *e = cache_entry_at(v, at);

			if (t->at[i].count > 0 && e != NULL)
				fn(v, e, at, t->at[i].count);
		}
	}
}

static void clear_sums(const struct cache_view *v)
{
	struct cache_shard *s = v->shard;

	s->serial += (uint64_t)1 << 32; /* whatever was said of a resource */
	s->objects = s->others = 0;
	memset(s->held, 0, sizeof(s->held));
	cache_queue_clear(&v->queue);
}

void cache_reset(struct cache_view *v)
{
	memset(v->index, 0, v->buckets * sizeof(*v->index));
	clear_sums(v);
	cache_blocks_clear(&v->blocks);
	(void)cache_blocks_keep(&v->blocks, 0, 1);
	for_each_pin(v, forget);
	for_each_pin(v, keep);
}

void cache_reset_new(struct cache_view *v)
{
	clear_sums(v);
	cache_blocks_clear(&v->blocks);
	(void)cache_blocks_keep(&v->blocks, 0, 1);
}
