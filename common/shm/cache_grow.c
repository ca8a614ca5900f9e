/*
 * cache_grow.c - a body comes.
 *
 * Runs in workers.  Who fetches writes into the last block without the lock,
 * and takes the lock only for another block.  Of a known length all blocks are
 * there from the beginning; else each is as large as all before it, up to
 * BLOCK_MOST, and what is too much of the last one is given back in the end.
 */
#include "common/base/insist.h"
#include "common/shm/cache_chain.h"
#include "common/shm/cache_memory.h"
#include "common/shm/cache_pins.h"
#include "common/shm/cache_resource.h"
#include "common/shm/cache_window.h"

#define BLOCK_FIRST 4096
#define BLOCK_MOST (256 << 10)

/* ---- blocks ---- */

static struct cache_block *last_of(const struct cache_view *v,
    const struct cache_entry *e)
{
	return e->last != CACHE_NONE ? cache_block_at(v, e->last) : NULL;
}

uint64_t cache_chain_room(const struct cache_view *v,
    const struct cache_entry *e)
{
	struct cache_block *b = last_of(v, e);

	return b != NULL ? b->start + cache_block_room(b) : e->inline_n;
}

/* The run AT becomes the last block of E; whole before it is linked. */
static void append(struct cache_view *v, struct cache_entry *e, uint32_t at,
    uint32_t n)
{
	struct cache_block *last = last_of(v, e), *b = cache_unit(v, at);

	b->units = n;
	b->start = cache_chain_room(v, e);
	atomic_store(&b->next, CACHE_NONE);
	if (last != NULL)
		atomic_store(&last->next, at);
	else
		atomic_store(&e->body, at);
	e->last = at;
	cache_entry_grew(v, e, n);
}

static uint32_t units_for(uint64_t bytes, const struct cache_view *v)
{
	uint64_t most = (uint64_t)v->units * CACHE_UNIT;

	bytes += sizeof(struct cache_block);
	return cache_units_for(bytes < most ? bytes : most);
}

int cache_chain_add(struct cache_view *v, struct cache_entry *e, uint64_t n,
    unsigned tries)
{
	uint32_t units = units_for(n, v), at, got;

	if (!cache_may_grow(v, units))
		return -1;
	cache_keep_share(v, e, units);
	got = cache_take_some(v, units,
	    cache_piece(e->total + units, units, tries), &at);
	if (got == 0)
		return 0;
	append(v, e, at, got);
	return 1;
}

static int add(struct cache_view *v, struct cache_object *o, uint64_t n,
    unsigned tries)
{
	struct cache_entry *e = cache_entry_of(o);

	if (e == NULL || (e->outgrown && !cache_window_move(v, e, o)))
		return -1;
	return cache_chain_add(v, e, n, tries);
}

static bool add_block(struct cache_object *o, uint64_t n)
{
	int added = 0;

	for (unsigned i = 0; added == 0 && i < CACHE_TRIES; i++) {
		struct cache_view *v = cache_lock(o->shard);

		if (v == NULL)
			return false;
		added = add(v, o, n, i);
		cache_unlock(v);
	}
	return added > 0;
}

bool cache_chain_reserve(struct cache_object *o, uint64_t n)
{
	const struct cache_view *v = cache_view_at(o->shard);
	uint64_t has = cache_chain_room(v, cache_entry_of(o));

	while (has < n) {
		if (!add_block(o, n - has))
			return false;
		has = cache_chain_room(v, cache_entry_of(o));
	}
	return true;
}

/* ---- writing ---- */

/* Where SIZE is: in the head, in the block where the last byte was written, or
 * in the one behind it. */
static char *place_at(struct cache_object *o, struct cache_entry *e,
    uint64_t size, size_t *n_r)
{
	struct cache_place place = {o->block, o->block_start};
	struct str room = cache_part(cache_view_at(o->shard), e, size,
	    cache_chain_room(cache_view_at(o->shard), e), &place);

	o->block = place.block;
	o->block_start = place.start;
	*n_r = room.n;
	return room.n > 0 ? (char *)room.p : NULL;
}

/* As large as all before it. */
static uint64_t next_block(uint64_t size, uint64_t want)
{
	uint64_t n = size < BLOCK_FIRST ? BLOCK_FIRST : size;

	if (n > BLOCK_MOST)
		n = BLOCK_MOST;
	return want > n ? want : n;
}

char *cache_room(struct cache_object *fetch, size_t want, size_t *n_r)
{
	struct cache_entry *e = cache_entry_of(fetch);
	uint64_t size, left;
	char *p;

	*n_r = 0;
	if (e == NULL)
		return NULL;
	size = atomic_load(&e->size);
	if (size >= cache_chain_room(cache_view_at(fetch->shard), e) &&
	    (e->meta.length != CACHE_LENGTH_UNKNOWN ||
		!add_block(fetch, next_block(size, want))))
		return NULL;
	if (e->outgrown) /* where the cursor was may be given back */
		fetch->block = CACHE_NONE;
	p = place_at(fetch, e, size, n_r);
	if (e->meta.length == CACHE_LENGTH_UNKNOWN)
		return p;
	left = (uint64_t)e->meta.length - size;
	*n_r = left < *n_r ? (size_t)left : *n_r;
	return *n_r > 0 ? p : NULL;
}

/* Is there anybody who reads it, or may come to? */
static bool is_of_use(const struct cache_entry *e)
{
	return e->indexed || e->pins > 1;
}

bool cache_grow(struct cache_object *fetch, size_t n)
{
	const struct cache_view *v = cache_view_at(fetch->shard);
	struct cache_entry *e = cache_entry_of(fetch);
	struct wake_set wakes;

	if (e == NULL)
		return false;
	atomic_store(&e->size, atomic_load(&e->size) + n);
	wakes = cache_take_wakes(v, e);
	wake_all(&wakes);
	return is_of_use(e);
}
