/*
 * cache_units.c - a look at every unit of the cache.
 *
 * From the index and from the pin tables all runs are marked that belong to an
 * entry; what is not marked must be free, and what is marked twice is broken.
 */
#include "tests/unit/cache_units.h"

#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/cache_index.h"
#include "common/shm/cache_pins.h"

static unsigned char *map; /* a byte a unit: of how many entries it is */
static uint32_t map_units;

static bool mark(const struct cache_blocks *b, uint32_t at, uint32_t n)
{
	(void)b;
	for (uint32_t k = 0; k < n && at + k < map_units; k++)
		map[at + k]++;
	return true;
}

static uint32_t pins_of(const struct cache_view *v, uint32_t at)
{
	uint32_t sum = 0;

	for (int seat = 0; seat < SEAT_COUNT; seat++) {
		const struct cache_pins *t = cache_pins_of(v->number, seat);

		for (uint32_t i = 0; i < t->top && i < CACHE_PINS; i++)
			if (t->at[i].at == at)
				sum += t->at[i].count;
	}
	return sum;
}

static const char *note(struct cache_view *v, struct cache_entry *e,
    uint32_t at, uint32_t held[3])
{
	if (map[at] != 0)
		return "two entries have one unit";
	if (e->pins != pins_of(v, at))
		return "an entry has other pins than the tables say";
	if (e->indexed != 0 && e->node.weight != e->total)
		return "an entry weighs more or less than it takes";
	if (cache_entry_runs(v, e, at, mark) != e->total)
		return "an entry has another size than it says";
	held[e->held] += e->total;
	return NULL;
}

static const char *walk_index(struct cache_view *v, uint32_t held[3],
    uint32_t *count_r)
{
	const char *fault = NULL;

	for (uint32_t i = 0; fault == NULL && i < v->buckets; i++) {
		uint32_t at = v->index[i];

		while (fault == NULL && at != CACHE_NONE) {
			struct cache_entry *e = cache_entry_at(v, at);

			if (e == NULL || !e->indexed)
				return "the index has what is no entry";
			fault = note(v, e, at, held);
			++*count_r;
			at = e->next;
		}
	}
	return fault;
}

static const char *walk_pins(struct cache_view *v, uint32_t held[3])
{
	const char *fault = NULL;

	for (int seat = 0; seat < SEAT_COUNT; seat++) {
		const struct cache_pins *t = cache_pins_of(v->number, seat);

		for (uint32_t i = 0; i < t->top && i < CACHE_PINS; i++) {
			uint32_t at = t->at[i].at;
			struct cache_entry *e = cache_entry_at(v, at);

			if (fault != NULL || t->at[i].count == 0)
				continue;
			if (e == NULL)
				return "a pin is on nothing";
			if (map[at] == 0)
				fault = note(v, e, at, held);
		}
	}
	return fault;
}

static const char *compare(const struct cache_view *v, const uint32_t held[3],
    uint32_t count)
{
	const struct cache_shard *s = v->shard;
	uint32_t used = 1;

	for (uint32_t at = 1; at < v->units; at++) {
		if (map[at] > 1)
			return "a unit is of two entries";
		used += map[at];
	}
	if (v->units - used != cache_blocks_free(&v->blocks))
		return "units are lost";
	if (!cache_blocks_check(&v->blocks))
		return "the book is wrong";
	if (!cache_queue_check(&v->queue) || count != s->queues.all.count)
		return "the queue is wrong";
	if (count != s->objects + s->others)
		return "the index has more or less than is counted";
	if (held[1] != s->held[1] || held[2] != s->held[2])
		return "what is held is counted wrongly";
	return NULL;
}

static const char *shard_fault(struct cache_view *v)
{
	uint32_t held[3] = {0}, count = 0;
	const char *fault;

	map_units = v->units;
	map = calloc(1, map_units);
	INSIST(map != NULL);
	fault = walk_index(v, held, &count);
	if (fault == NULL)
		fault = walk_pins(v, held);
	if (fault == NULL)
		fault = compare(v, held, count);
	free(map);
	return fault;
}

const char *store_fault(void)
{
	const char *fault = NULL;

	for (unsigned i = 0; fault == NULL && i < cache_shards(); i++) {
		struct cache_view *v = cache_lock(i);

		if (v == NULL)
			return "a shard is busy";
		fault = shard_fault(v);
		cache_unlock(v);
	}
	return fault;
}
