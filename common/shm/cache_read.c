/*
 * cache_read.c - reading a body that is pinned.
 *
 * Runs in workers, without the lock: see cache_entry.c for why that is sound.
 */
#include "common/base/insist.h"
#include "common/shm/cache_pins.h"
#include "common/shm/cache_resource.h"
#include "common/shm/cache_window.h"

/* How much is given back a little later: units, and entries of a shard. */
#define LATER_UNITS (8192 / CACHE_UNIT)
#define LATER_ENTRIES 4

int cache_read(struct cache_object *o, uint64_t at, struct str *piece_r)
{
	const struct cache_view *v = cache_view_at(o->shard);
	struct cache_entry *e = cache_entry_of(o);
	struct cache_place place = {o->block, o->block_start};
	uint32_t state;
	uint64_t size;

	if (e == NULL)
		return -1;
	state = atomic_load(&e->state);
	size = atomic_load(&e->size);
	if (at >= size)
		return state == CACHE_STATE_BROKEN ? -1 : 0;
	*piece_r = cache_part(v, e, at, size, &place);
	o->block = place.block;
	o->block_start = place.start;
	return piece_r->n > 0 ? 1 : -1;
}

bool cache_is_whole(const struct cache_object *o, uint64_t *length_r)
{
	struct cache_entry *e = cache_entry_of(o);

	if (e == NULL || atomic_load(&e->state) != CACHE_STATE_WHOLE)
		return false;
	*length_r = atomic_load(&e->size);
	return true;
}

void cache_await(struct cache_object *o)
{
	struct cache_view *v = cache_lock(o->shard);
	struct cache_entry *e;
	struct cache_growth *g;

	if (v == NULL)
		return;
	e = cache_entry_of(o);
	g = e != NULL ? cache_growth_of(v, e) : NULL;
	if (g != NULL)
		wake_want(&g->wake);
	if (g != NULL && e->outgrown)
		cache_window_tell(v, e, o);
	cache_unlock(v);
}

bool cache_hold(const struct cache_object *o, struct cache_object *copy_r)
{
	struct cache_view *v;
	bool held;

	*copy_r = (struct cache_object){.at = CACHE_NONE};
	if (o->at == CACHE_NONE)
		return true;
	v = cache_lock(o->shard);
	if (v == NULL)
		return false;
	held = cache_entry_of(o) != NULL && cache_pin(v, o->at, copy_r);
	cache_unlock(v);
	return held;
}

bool cache_is_awaited(const struct cache_object *o)
{
	const struct cache_view *v = cache_view_at(o->shard);
	const struct cache_entry *e = cache_entry_of(o);
	const struct cache_growth *g = e != NULL ? cache_growth_of(v, e) : NULL;
	int seat = seat_number();

	return g != NULL &&
	       (atomic_load(&g->wake.seats[seat / 64]) >> seat % 64 & 1) != 0;
}

/* It is small, and can be found again: somebody may soon want it anyway. */
static bool can_wait(const struct cache_entry *e)
{
	return e != NULL && e->total <= LATER_UNITS && e->indexed &&
	       e->growth == CACHE_NONE;
}

void cache_release(struct cache_object *o)
{
	struct cache_entry *e = o->at != CACHE_NONE ? cache_entry_of(o) : NULL;

	if (o->at == CACHE_NONE)
		return;
	if (e != NULL && e->outgrown)
		cache_window_leave(o);
	else if (!can_wait(e))
		cache_unpin_now(o);
	else if (cache_pins_put_off(o) > LATER_ENTRIES)
		cache_settle();
	*o = (struct cache_object){.at = CACHE_NONE};
}

void cache_settle(void)
{
	for (unsigned i = 0; i < cache_shards(); i++) {
		struct cache_view *v = NULL;

		if (cache_pins_is_owing(i))
			v = cache_lock(i);
		if (v != NULL)
			cache_unlock(v);
	}
}
