/*
 * cache_store.c - for tests of the store of the cache.
 */
#include "tests/unit/cache_store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/shm/cache_index.h"
#include "common/shm/cache_pins.h"

static struct area area;

static uint64_t area_size;

static void create(uint64_t size)
{
	struct area_shape shape = cache_shape(size);

	ck_assert_int_eq(area_create(&shape, &area), 0);
	cache_create(area.table, size);
	area_size = shape.size;
}

void store_setup_size(uint64_t size)
{
	create(size);
	cache_enter(area.table, area_size);
}

const char *store_setup_saved(uint64_t size, int fd, uint64_t build,
    struct cache_filed *r)
{
	const char *why;

	create(size);
	why = cache_load(area.table, area_size, fd, build, r);
	cache_enter(area.table, area_size);
	return why;
}

int store_save(int fd, uint64_t build, struct cache_filed *r)
{
	return cache_save(area.table, area_size, fd, build, r);
}

void store_setup(void)
{
	store_setup_size(STORE_SIZE);
}

void store_teardown(void)
{
	area_close(&area);
}

struct cache_key store_key(unsigned i)
{
	static char text[2][64];
	static unsigned turn;
	char *p = text[turn++ % 2];
	int n = snprintf(p, sizeof(text[0]), "http://host.example/key-%u", i);

	return cache_key_make(str_make(p, (size_t)n));
}

/* ---- bodies ---- */

static char byte_of(unsigned i, uint64_t at)
{
	return (char)((at ^ at >> 7 ^ at >> 15) + i * 37);
}

void store_fill(char *p, unsigned i, uint64_t at, size_t n)
{
	for (size_t k = 0; k < n; k++)
		p[k] = byte_of(i, at + k);
}

bool store_is(const char *p, unsigned i, uint64_t at, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (p[k] != byte_of(i, at + k))
			return false;
	return true;
}

/* ---- objects ---- */

struct cache_publish store_head(unsigned i, int64_t length)
{
	static char text[32];
	int n = snprintf(text, sizeof(text), "record-%u", i);

	return (struct cache_publish){
	    .meta = {.status = 200,
		.born = 1000,
		.fresh_until = DEADLINE_NEVER,
		.length = length},
	    .variant = cache_variant_make(str_make("", 0)),
	    .record = str_make(text, (size_t)n)};
}

bool store_claim(unsigned i, struct cache_object *fetch_r)
{
	struct cache_key key = store_key(i);
	struct cache_found f = {.buf = NULL};
	enum cache_claim claim = CACHE_AGAIN;

	for (int tries = 0; tries < 10 && claim == CACHE_AGAIN; tries++) {
		(void)store_find(i, &f);
		cache_release(&f.object);
		claim = cache_claim(&key, NULL, f.stamp, 10 * USEC_PER_SEC,
		    fetch_r);
	}
	return claim == CACHE_CLAIMED;
}

uint64_t store_write(struct cache_object *fetch, unsigned i, uint64_t at,
    uint64_t n)
{
	uint64_t written = 0;

	while (written < n) {
		uint64_t left = n - written;
		size_t room;
		char *p = cache_room(fetch, left < 65536 ? left : 65536,
		    &room);

		if (p == NULL)
			break;
		if (room > left)
			room = left;
		store_fill(p, i, at + written, room);
		(void)cache_grow(fetch, room);
		written += room;
	}
	return written;
}

bool store_put(unsigned i, uint64_t length)
{
	struct cache_publish head = store_head(i, (int64_t)length);
	struct cache_object fetch;

	if (!store_claim(i, &fetch))
		return false;
	if (!cache_publish(&fetch, &head)) {
		cache_abort(&fetch, 0);
		return false;
	}
	if (store_write(&fetch, i, 0, length) != length) {
		cache_abort(&fetch, 0);
		return false;
	}
	cache_finish(&fetch);
	return true;
}

enum cache_result store_find(unsigned i, struct cache_found *f)
{
	static char record[4096];
	struct cache_key key = store_key(i);
	struct cache_variant variant = cache_variant_make(str_make("", 0));

	f->buf = record;
	f->cap = sizeof(record);
	return cache_find(&key, &variant, 1, 0, f);
}

int64_t store_read(struct cache_object *o, unsigned i, uint64_t at)
{
	uint64_t start = at;
	struct str piece;
	int rc;

	while ((rc = cache_read(o, at, &piece)) > 0) {
		if (!store_is(piece.p, i, at, piece.n))
			return -2;
		at += piece.n;
	}
	return rc < 0 ? -1 : (int64_t)(at - start);
}

/* ---- every unit ---- */

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
	ck_assert_ptr_nonnull(map);
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
