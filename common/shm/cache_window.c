/*
 * cache_window.c - a body that has outgrown what may be stored.
 *
 * Runs in workers.  It is in no index, so it gets no new readers, and only a
 * window of it is kept, WINDOW at most beside the slowest reader's block:
 *
 *	given back | block | block | block | <- the fetch writes here
 *	           ^ the slowest reader's cursor
 *
 * Each reader tells where it is (PLACE, in its own process), and each process
 * the least of all its readers in its table of pins (TOLD), which the fetch
 * reads when it wants room.  A reader that has not told yet needs all.
 *
 * Readers walk the chain without the lock.  So what a reader tells is the
 * beginning of the block where its cursor is: it never looks at a block before
 * that again, and no later one is given back.
 */
#include "common/shm/cache_window.h"

#include "common/base/insist.h"
#include "common/shm/cache_index.h"
#include "common/shm/cache_pins.h"
#include "common/shm/cache_resource.h"

#define WINDOW ((1 << 20) / CACHE_UNIT)
#define PLACES 16384 /* as many as there can be fibers in a process */

static struct place {
	uint64_t told;
	uint32_t next; /* of its list; 0: the last */
} places[PLACES + 1];

static uint32_t spare; /* a list of those that were used before */
static uint32_t top;   /* places behind were never used */
static uint32_t lists[CACHE_SHARDS_MAX][CACHE_PINS]; /* for each slot */

/* ---- places ---- */

static uint32_t *list_of(const struct cache_object *o)
{
	INSIST(o->shard < CACHE_SHARDS_MAX && o->slot < CACHE_PINS);
	return &lists[o->shard][o->slot];
}

static void enlist(struct cache_object *o)
{
	uint32_t n = spare;

	if (n != 0)
		spare = places[n].next;
	else if (top < PLACES)
		n = ++top;
	else
		return;
	o->place = n;
	places[n].next = *list_of(o);
	*list_of(o) = n;
}

static void delist(struct cache_object *o)
{
	uint32_t *p = list_of(o);

	if (o->place == 0)
		return;
	while (*p != o->place) {
		INSIST(*p != 0);
		p = &places[*p].next;
	}
	*p = places[o->place].next;
	places[o->place].next = spare;
	spare = o->place;
	o->place = 0;
}

/* Of READERS readers of the slot of O: who has no place has told nothing. */
static uint64_t least(const struct cache_object *o, uint32_t readers)
{
	uint64_t told = UINT64_MAX;
	uint32_t n = 0;

	for (uint32_t i = *list_of(o); i != 0; i = places[i].next, n++)
		if (places[i].told < told)
			told = places[i].told;
	return n < readers ? 0 : told;
}

/* ---- telling ---- */

static void update(struct cache_view *v, struct cache_entry *e,
    const struct cache_object *o)
{
	const struct cache_growth *g = cache_growth_of(v, e);
	bool fetches = g != NULL && g->seat == (uint32_t)seat_number();
	struct cache_pin *pin = cache_pins_mine(v->number, o->slot);

	if (pin->count > 0)
		pin->told = least(o, pin->count - fetches);
}

void cache_window_tell(struct cache_view *v, struct cache_entry *e,
    struct cache_object *o)
{
	if (o->fetches)
		return;
	if (o->place == 0)
		enlist(o);
	if (o->place != 0)
		places[o->place].told = o->told;
	update(v, e, o);
}

/* Who waits for what has changed by our reading: those of this process know by
 * themselves, and wait on for what the fetch brings. */
static struct wake_set take_others(const struct cache_view *v,
    const struct cache_entry *e)
{
	struct cache_growth *g = cache_growth_of(v, e);
	struct wake_set wakes = {.seats = {0}};
	int own = seat_number();

	for (int i = 0; g != NULL && i < SEAT_COUNT / 64; i++) {
		uint64_t keep = own / 64 == i ? UINT64_C(1) << own % 64 : 0;

		if ((atomic_load(&g->wake.seats[i]) & ~keep) != 0)
			atomic_store_explicit(&wakes.seats[i],
			    atomic_fetch_and(&g->wake.seats[i], keep) & ~keep,
			    memory_order_relaxed);
	}
	return wakes;
}

void cache_advance(struct cache_object *o, uint64_t at)
{
	struct cache_entry *e = cache_entry_of(o);
	struct wake_set wakes;
	struct cache_view *v;
	bool more;

	if (o->block == CACHE_NONE || o->block_start > at)
		return;
	more = o->told != o->block_start;
	o->told = o->block_start;
	if (e == NULL || !e->outgrown || (!more && o->place != 0))
		return;
	v = cache_lock(o->shard);
	if (v == NULL)
		return;
	cache_window_tell(v, e, o);
	wakes = take_others(v, e);
	cache_unlock(v);
	wake_all(&wakes);
}

void cache_window_leave(struct cache_object *o)
{
	struct cache_view *v = cache_lock(o->shard);
	struct wake_set wakes = {.seats = {0}};
	struct cache_entry *e;

	delist(o);
	if (v == NULL) {
		(void)cache_pins_put_off(o);
		return;
	}
	cache_unpin(v, o->slot);
	e = cache_entry_at(v, o->at);
	if (e != NULL && e->outgrown) {
		update(v, e, o);
		wakes = take_others(v, e);
	}
	cache_unlock(v);
	wake_all(&wakes);
}

/* ---- the fetch ---- */

bool cache_outgrow(struct cache_object *fetch)
{
	struct cache_view *v = cache_lock(fetch->shard);
	struct cache_entry *e = cache_entry_of(fetch);
	struct wake_set wakes = {.seats = {0}};
	bool read = false;

	if (e != NULL)
		e->outgrown = 1; /* the rest when it wants room */
	if (v == NULL)
		return e != NULL;
	if (e != NULL) {
		cache_index_drop(v, e, fetch->at);
		update(v, e, fetch);
		wakes = cache_take_wakes(v, e);
		read = e->pins > 1;
	}
	cache_unlock(v);
	wake_all(&wakes);
	return read;
}

/* Blocks before TOLD; never the last one. */
static void give_back(struct cache_view *v, struct cache_entry *e,
    uint64_t told)
{
	uint32_t at = atomic_load(&e->body);
	struct cache_block *b = cache_block_at(v, at);

	while (b != NULL && b->start + cache_block_room(b) <= told) {
		uint32_t next = atomic_load(&b->next), units = b->units;

		if (next == CACHE_NONE)
			return;
		atomic_store(&e->body, next);
		cache_entry_shrank(v, e, units);
		(void)cache_blocks_give(&v->blocks, at, units);
		at = next;
		b = cache_block_at(v, at);
	}
}

bool cache_window_move(struct cache_view *v, struct cache_entry *e,
    const struct cache_object *fetch)
{
	cache_index_remove(v, e, fetch->at);
	update(v, e, fetch);
	give_back(v, e, cache_pins_told(v, fetch->at));
	return e->total <= WINDOW + e->units;
}
