/*
 * cache_resource.c - what fetches and readers share.
 *
 * Runs in workers.
 */
#include "common/shm/cache_resource.h"

#include "common/base/insist.h"
#include "common/shm/cache_index.h"
#include "common/shm/cache_memory.h"
#include "common/shm/cache_pins.h"

struct cache_entry *cache_entry_of(const struct cache_object *o)
{
	INSIST(o->at != CACHE_NONE);
	return cache_entry_at(cache_view_at(o->shard), o->at);
}

/* From FROM on, where AT is: the block before it, or the first one. */
static struct cache_block *block_with(const struct cache_view *v,
    struct cache_entry *e, uint64_t at, struct cache_place *place)
{
	bool from_start =
	    place->block == CACHE_NONE || place->start > at;
	uint32_t number = from_start ? atomic_load(&e->body) : place->block;
	struct cache_block *b = cache_block_at(v, number);

	while (b != NULL && at - b->start >= cache_block_room(b)) {
		uint64_t start = b->start;

		number = atomic_load(&b->next);
		b = cache_block_at(v, number);
		if (b == NULL || b->start <= start || b->start > at)
			return NULL;
	}
	if (b == NULL || b->start > at)
		return NULL;
	*place = (struct cache_place){number, b->start};
	return b;
}

struct str cache_part(const struct cache_view *v, struct cache_entry *e,
    uint64_t at, uint64_t size, struct cache_place *place)
{
	struct cache_block *b;
	uint64_t n;

	if (at < e->inline_n) {
		n = (size < e->inline_n ? size : e->inline_n) - at;
		return str_make(cache_entry_inline(e) + at, (size_t)n);
	}
	b = block_with(v, e, at, place);
	if (b == NULL)
		return str_make("", 0);
	n = b->start + cache_block_room(b);
	n = (size < n ? size : n) - at;
	return str_make((char *)(b + 1) + (at - b->start), (size_t)n);
}

static void start_growth(struct cache_view *v, uint32_t at)
{
	struct cache_growth *g = cache_unit(v, at);

	*g = (struct cache_growth){.seat = (uint32_t)seat_number(),
	    .purges = v->shard->purges};
	atomic_store(&g->expires, DEADLINE_NEVER);
}

bool cache_start(struct cache_view *v, const struct cache_texts *t,
    uint64_t inline_n, enum cache_state state, struct cache_object *o_r)
{
	uint32_t units = cache_entry_units(t, inline_n), at, growth;
	struct cache_entry *e;

	if (!cache_may_grow(v, units))
		return false;
	at = cache_take_run(v, units);
	if (at == CACHE_NONE)
		return false;
	e = cache_entry_make(v, at, units, t, inline_n);
	growth = cache_take_run(v, CACHE_GROWTH_UNITS);
	if (growth != CACHE_NONE)
		start_growth(v, growth);
	e->growth = growth;
	atomic_store(&e->state, state);
	if (growth != CACHE_NONE && cache_pin(v, at, o_r)) {
		o_r->fetches = true;
		return true;
	}
	atomic_store(&e->state, CACHE_STATE_BROKEN);
	cache_entry_settle(v, e, at);
	return false;
}

struct wake_set cache_take_wakes(const struct cache_view *v,
    const struct cache_entry *e)
{
	struct cache_growth *g = cache_growth_of(v, e);
	struct wake_set wakes = {.seats = {0}};

	for (int i = 0; g != NULL && i < SEAT_COUNT / 64; i++)
		if (atomic_load(&g->wake.seats[i]) != 0)
			atomic_store_explicit(&wakes.seats[i],
			    atomic_exchange(&g->wake.seats[i], 0),
			    memory_order_relaxed);
	return wakes;
}

void cache_unpin_now(struct cache_object *o)
{
	struct cache_view *v = cache_lock(o->shard);

	if (v == NULL) {
		(void)cache_pins_put_off(o);
	} else {
		cache_unpin(v, o->slot);
		cache_unlock(v);
	}
	*o = (struct cache_object){.at = CACHE_NONE};
}

/* ---- what comes of a fetch ---- */

static bool is_of(const struct cache_entry *e, const struct cache_entry *other)
{
	return hash_id_eq(e->id, other->id) &&
	       str_eq(cache_entry_key(e), cache_entry_key(other));
}

static bool is_said(const struct cache_entry *e)
{
	uint32_t state = atomic_load(&e->state);

	return state == CACHE_STATE_MARK || state == CACHE_STATE_FAILED;
}

/* Does E stand where OLD, of the same resource, stood?  A mark says nothing of
 * what an object can still be used for. */
static bool replaces(const struct cache_entry *e, const struct cache_entry *old)
{
	bool same = e->variant == old->variant &&
		    str_eq(cache_entry_variant(e), cache_entry_variant(old));

	if (atomic_load(&old->state) == CACHE_STATE_FETCHING)
		return false;
	if (is_said(old))
		return same || old->any || e->any;
	return same && !is_said(e);
}

/* Drops what E replaces; the oldest of too many variants, too. */
static void make_way(struct cache_view *v, const struct cache_entry *e)
{
	uint32_t at, next, oldest_at = CACHE_NONE;
	struct cache_entry *old = cache_index_first(v, e->id, &at);
	struct cache_entry *oldest = NULL, *behind;
	unsigned steps = 0, count = 0;

	for (; old != NULL; old = behind, at = next) {
		next = at;
		behind = cache_index_next(v, old, &next, &steps);
		if (old == e || !is_of(e, old))
			continue;
		if (replaces(e, old)) {
			cache_index_drop(v, old, at);
			continue;
		}
		if (atomic_load(&old->state) == CACHE_STATE_FETCHING)
			continue;
		count++;
		if (oldest == NULL || old->serial < oldest->serial) {
			oldest = old;
			oldest_at = at;
		}
	}
	if (count >= CACHE_VARIANTS_MAX)
		cache_index_drop(v, oldest, oldest_at);
}

void cache_show(struct cache_view *v, struct cache_entry *e, uint32_t at)
{
	cache_index_remove(v, e, at);
	make_way(v, e);
	e->serial = ++v->shard->serial;
	cache_index_add(v, e, at);
}

struct wake_set cache_end(struct cache_view *v, struct cache_object *o,
    struct cache_entry *e, enum cache_state state)
{
	struct wake_set wakes = cache_take_wakes(v, e);

	atomic_store(&e->state, state);
	if (state == CACHE_STATE_BROKEN)
		cache_index_remove(v, e, o->at);
	cache_unpin(v, o->slot);
	*o = (struct cache_object){.at = CACHE_NONE};
	return wakes;
}

void cache_end_busy(struct cache_object *o)
{
	const struct cache_view *v = cache_view_at(o->shard);
	struct cache_entry *e = cache_entry_of(o);
	struct cache_growth *g = e != NULL ? cache_growth_of(v, e) : NULL;
	struct wake_set wakes = {.seats = {0}};

	if (g != NULL)
		atomic_store(&g->expires, 0);
	if (e != NULL && atomic_load(&e->state) == CACHE_STATE_GROWING)
		atomic_store(&e->state, CACHE_STATE_BROKEN);
	if (e != NULL)
		wakes = cache_take_wakes(v, e);
	cache_unpin_now(o);
	wake_all(&wakes);
}
