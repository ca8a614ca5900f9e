/*
 * cache_area.c - the area of the cache: where everything is.
 *
 * The master makes it; workers enter it.
 *
 *	     0 +----------------------------------------------------------+
 *	       | head: the secret of the hashes, highest seat             |
 *	  4096 +----------------------------------------------------------+
 *	       | shard 0 | lock, sums, queue                              |
 *	       |         | index: the first entry of each bucket          |
 *	       |         | ghosts: what gave way lately (cache_queue.c)   |
 *	       |         | book: which units are free (cache_blocks.c)    |
 *	       |         | units of 64 bytes                              |
 *	       +----------------------------------------------------------+
 *	       | shard 1 ...                                              |
 *	       +----------------------------------------------------------+
 *	       | pins: of shard 0: of seat 0, seat 1, ...                 |
 *	       |       of shard 1: ...               16 KiB each, sparse  |
 *	       +----------------------------------------------------------+
 *
 *	an object     | header | key | variant | spec | tags | record |   a run
 *	              |    body, when it is small and its length is known
 *
 *	otherwise     body -> | next | part | -> | next | part |        runs
 *
 * There are as many shards as make 32 MiB or more each, up to 16: few are
 * enough, since a lock is held for some dozens of nanoseconds, and a large
 * shard has room for large objects (a quarter of it).  A bucket is for 1 KiB.
 *
 * What an object takes beside its texts, record and body: 200 bytes of header,
 * half a unit on average at the end, 6 bytes of index and ghosts for each KiB
 * and half a byte of book for each unit: about 250 bytes for a small one.
 * Bodies in blocks take 16 bytes more for each.
 *
 * By tests/bench/lookup a million objects of 500 bytes, with heads of 200 and
 * keys of 60, take 960 bytes each in 1 GiB, and 14 for index, ghosts and book;
 * a hit takes as many steps as with a thousand, only that each is a miss of
 * the processor's caches then (1.3 us instead of 0.25).
 *
 * The index, the book and the units of a shard are a cache: cache_reset.c
 * makes them anew.  Pins are outside since they say what is in use.
 */
#include "common/shm/cache_area.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/insist.h"
#include "common/shm/cache_pins.h"
#include "common/shm/cache_reset.h"

#define LAYOUT 2
#define HEAD_SIZE 4096
#define SHARD_LEAST ((uint64_t)32 << 20)
#define UNITS_A_BUCKET 16
#define BUCKETS_A_GHOST 4

_Static_assert(sizeof(struct cache_entry) == 200, "see the story");
_Static_assert(sizeof(struct cache_block) == 16, "see the story");

/* What comes of the size of an area. */
struct geometry {
	unsigned shards;
	uint64_t shard_size;
	uint64_t index_at, ghosts_at, book_at, memory_at; /* in a shard */
	uint32_t units, buckets, ghosts;
};

struct cache_head *cache_head;

static struct cache_view views[CACHE_SHARDS_MAX];
static struct lock_table locks;
static usec_t shunned[CACHE_SHARDS_MAX];

/* ---- geometry ---- */

static unsigned shards_for(uint64_t size)
{
	unsigned n = 1;

	while (n < CACHE_SHARDS_MAX && size / (2 * n) >= SHARD_LEAST)
		n *= 2;
	return n;
}

static uint64_t aligned(uint64_t n)
{
	return (n + CACHE_UNIT - 1) / CACHE_UNIT * CACHE_UNIT;
}

static uint32_t buckets_for(uint32_t units)
{
	uint32_t n = 1;

	while (n < units / UNITS_A_BUCKET)
		n *= 2;
	return n;
}

/* With so many units a shard takes SHARD_SIZE, or more. */
static uint64_t lay_out(struct geometry *g, uint64_t units)
{
	g->units = (uint32_t)units;
	g->buckets = buckets_for(g->units);
	g->index_at = aligned(sizeof(struct cache_shard));
	g->ghosts = buckets_for(g->units / BUCKETS_A_GHOST);
	g->ghosts_at = aligned(g->index_at + g->buckets * sizeof(uint32_t));
	g->book_at =
	    aligned(g->ghosts_at + g->ghosts * sizeof(struct cache_ghost));
	g->memory_at = aligned(g->book_at + cache_blocks_size(g->units));
	return g->memory_at + units * CACHE_UNIT;
}

static struct geometry geometry_for(uint64_t size)
{
	struct geometry g = {.shards = shards_for(size)};
	uint64_t units;

	INSIST(size >= CACHE_SMALLEST);
	g.shard_size = (size - HEAD_SIZE) / g.shards / CACHE_UNIT * CACHE_UNIT;
	units = g.shard_size / CACHE_UNIT;
	if (units > CACHE_UNITS_MAX)
		units = CACHE_UNITS_MAX;
	while (lay_out(&g, units) > g.shard_size)
		units -= (lay_out(&g, units) - g.shard_size) / CACHE_UNIT + 1;
	return g;
}

static uint64_t pins_size(unsigned shards)
{
	return (uint64_t)shards * SEAT_COUNT * sizeof(struct cache_pins);
}

static uint64_t size_with_pins(uint64_t size)
{
	return size + pins_size(shards_for(size));
}

/* The other way.  Only one number of shards leaves a size that has so many. */
static uint64_t size_without_pins(uint64_t all)
{
	unsigned n = 1;

	while (n < CACHE_SHARDS_MAX &&
	       shards_for(all - pins_size(n)) != n)
		n *= 2;
	return all - pins_size(n);
}

struct area_shape cache_shape(uint64_t size)
{
	struct geometry g = geometry_for(size);

	return (struct area_shape){.name = "cache",
	    .version = LAYOUT,
	    .geometry = {g.shards, g.units, sizeof(struct cache_entry)},
	    .size = size_with_pins(size)};
}

/* A quarter of a shard, which all that readers pin together may be. */
static uint64_t largest_of(uint32_t units)
{
	return (uint64_t)units / 4 * CACHE_UNIT;
}

uint64_t cache_largest(uint64_t size)
{
	return largest_of(geometry_for(size).units);
}

uint64_t cache_largest_here(void)
{
	INSIST(cache_is_there());
	return largest_of(views[0].units);
}

bool cache_is_there(void)
{
	return cache_head != NULL;
}

/* ---- the area ---- */

static void reset(void *shard, const void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < locks.count; i++)
		if (views[i].shard == shard)
			cache_reset(&views[i]);
}

/* What is new is cleared: only the book says more than that. */
static void reset_new(void *shard, const void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < locks.count; i++)
		if (views[i].shard == shard)
			cache_reset_new(&views[i]);
}

static void view(char *shard, unsigned number, const struct geometry *g)
{
	views[number] = (struct cache_view){
	    .number = number,
	    .units = g->units,
	    .buckets = g->buckets,
	    .shard = (struct cache_shard *)(void *)shard,
	    .index = (uint32_t *)(void *)(shard + g->index_at),
	    .memory = shard + g->memory_at,
	    .blocks = cache_blocks_view(shard + g->book_at, g->units),
	};
	views[number].queue = (struct cache_queue_view){
	    .queues = &views[number].shard->queues,
	    .nodes = views[number].memory + offsetof(struct cache_entry, node),
	    .stride = CACHE_UNIT,
	    .count = g->units - CACHE_ENTRY_UNITS + 1,
	    .ghosts = (struct cache_ghost *)(void *)(shard + g->ghosts_at),
	    .slots = g->ghosts,
	};
}

static void use(void *table, const struct geometry *g)
{
	char *shards = (char *)table + HEAD_SIZE;

	_Static_assert(sizeof(struct cache_head) <= HEAD_SIZE, "the head");
	for (unsigned i = 0; i < g->shards; i++)
		view(shards + i * g->shard_size, i, g);
	locks = (struct lock_table){.name = "cache",
	    .shards = shards,
	    .shard_size = g->shard_size,
	    .count = g->shards,
	    .reset = reset,
	    .shunned_until = shunned};
	cache_head = table;
	cache_pins_use(shards + g->shards * g->shard_size, g->shards);
}

void cache_create(void *table, uint64_t size)
{
	struct geometry g = geometry_for(size);
	struct lock_table t;
	ssize_t got;

	use(table, &g);
	got = getrandom(&cache_head->secret, sizeof(cache_head->secret), 0);
	INSIST(got == (ssize_t)sizeof(cache_head->secret));
	t = locks;
	t.reset = reset_new;
	lock_table_create(&t);
	cache_head = NULL;
}

void cache_enter(void *table, uint64_t size)
{
	struct geometry g = geometry_for(size_without_pins(size));
	uint32_t mine = (uint32_t)seat_number() + 1, seats;

	use(table, &g);
	seats = atomic_load(&cache_head->seats);
	while (seats < mine && !atomic_compare_exchange_weak(
				   &cache_head->seats, &seats, mine))
		;
	area_hide(table, cache_shape(size_without_pins(size)).size);
}

void cache_open(void *table, uint64_t size)
{
	struct geometry g = geometry_for(size_without_pins(size));

	use(table, &g);
}

void cache_close(void)
{
	cache_head = NULL;
}

unsigned cache_shards(void)
{
	return locks.count;
}

struct cache_view *cache_view_at(unsigned shard)
{
	INSIST(shard < locks.count);
	return &views[shard];
}

struct cache_view *cache_lock(unsigned shard)
{
	void *p;

	INSIST(shard < locks.count);
	if (lock_enter(&locks, shard, &p) != LOCK_OK)
		return NULL;
	cache_pins_settle(&views[shard]);
	return &views[shard];
}

void cache_unlock(struct cache_view *v)
{
	lock_leave(&locks, v->number);
}

/* ---- names ---- */

struct cache_key cache_key_make(struct str text)
{
	INSIST(cache_is_there());
	return (struct cache_key){
	    .id = hash_long(&cache_head->secret, text.p, text.n),
	    .text = text};
}

struct cache_variant cache_variant_make(struct str text)
{
	uint64_t id = 0;

	INSIST(cache_is_there());
	if (text.n > 0)
		id = hash_bytes(&cache_head->secret, text.p, text.n) | 1;
	return (struct cache_variant){.id = id, .text = text};
}

/* ---- sums ---- */

static void add_shard(struct cache_sums *sums, const struct cache_view *v)
{
	const struct cache_shard *s = v->shard;

	sums->objects += s->objects;
	sums->marks += s->others;
	sums->bytes += (uint64_t)v->units * CACHE_UNIT;
	sums->free +=
	    (uint64_t)cache_blocks_free(&v->blocks) * CACHE_UNIT;
	sums->pinned += (uint64_t)s->held[CACHE_HELD_READ] * CACHE_UNIT;
	sums->growing += (uint64_t)s->held[CACHE_HELD_GROWTH] * CACHE_UNIT;
	sums->evicted += s->evicted;
	sums->resets += s->lock.resets;
}

struct cache_sums cache_sum(void)
{
	struct cache_sums sums = {.shards = cache_shards()};

	INSIST(cache_is_there());
	for (unsigned i = 0; i < cache_shards(); i++) {
		struct cache_view *v = cache_lock(i);

		if (v == NULL) {
			sums.busy++;
			continue;
		}
		add_shard(&sums, v);
		cache_unlock(v);
	}
	return sums;
}
