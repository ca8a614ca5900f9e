/*
 * cache_end.c - how a fetch ends.
 *
 * Runs in workers: in the one that fetches, or in another when that is dead.  A
 * mark and a failure are the placeholder itself, of which
 * nobody holds a pin any more.  What ends while the lock is not to be had, for
 * its holder is stopped, is told to the readers all the same: state and size
 * are written without it, and a claim that is nobody's has expired.
 */
#include "common/base/insist.h"
#include "common/shm/cache_index.h"
#include "common/shm/cache_pins.h"
#include "common/shm/cache_resource.h"

/* With the lock; NULL: it is not to be had, and FETCH was ended as it can be. */
static struct cache_view *enter(struct cache_object *fetch,
    struct cache_entry **e_r)
{
	struct cache_view *v = cache_lock(fetch->shard);

	*e_r = cache_entry_of(fetch);
	if (v != NULL && *e_r != NULL)
		return v;
	if (v != NULL)
		cache_unlock(v);
	cache_end_busy(fetch);
	return NULL;
}

void cache_abort(struct cache_object *fetch, uint16_t reason)
{
	struct cache_entry *e;
	struct cache_view *v;
	struct wake_set wakes;
	bool had_head;

	if (fetch->at == CACHE_NONE || (v = enter(fetch, &e)) == NULL)
		return;
	had_head = atomic_load(&e->state) != CACHE_STATE_FETCHING;
	e->meta.reason = reason;
	e->meta.born = clock_mono();
	e->serial = ++v->shard->serial;
	wakes = cache_end(v, fetch, e,
	    had_head ? CACHE_STATE_BROKEN : CACHE_STATE_FAILED);
	cache_unlock(v);
	wake_all(&wakes);
}

/* What is purged meanwhile may be marked: nothing is kept by that. */
static bool may_be_shown(const struct cache_view *v,
    const struct cache_entry *e)
{
	const struct cache_growth *g = cache_growth_of(v, e);

	return g != NULL && !g->unwanted &&
	       atomic_load(&e->state) == CACHE_STATE_FETCHING;
}

void cache_mark(struct cache_object *fetch, usec_t until, uint16_t reason)
{
	struct cache_entry *e;
	struct cache_view *v;
	struct wake_set wakes;
	bool shown;

	if (fetch->at == CACHE_NONE || (v = enter(fetch, &e)) == NULL)
		return;
	shown = may_be_shown(v, e);
	if (shown) {
		e->meta.fresh_until = until;
		e->meta.reason = reason;
		atomic_store(&e->state, CACHE_STATE_MARK);
		cache_show(v, e, fetch->at);
	}
	wakes = cache_end(v, fetch, e,
	    shown ? CACHE_STATE_MARK : CACHE_STATE_BROKEN);
	cache_unlock(v);
	wake_all(&wakes);
}

/* First what readers see, which takes no lock; then the rest. */
void cache_finish(struct cache_object *fetch)
{
	struct cache_entry *e;
	struct wake_set wakes = {.seats = {0}};

	if (fetch->at == CACHE_NONE)
		return;
	e = cache_entry_of(fetch);
	if (e != NULL) {
		atomic_store(&e->state, CACHE_STATE_WHOLE);
		wakes = cache_take_wakes(cache_view_at(fetch->shard), e);
	}
	cache_unpin_now(fetch);
	wake_all(&wakes);
}

/* ---- the dead ---- */

void cache_give_back(int seat)
{
	INSIST(seat >= 0 && seat < SEAT_COUNT);
	for (unsigned i = 0; i < cache_shards(); i++) {
		struct cache_view *v = cache_lock(i);
		struct wake_set wakes = {.seats = {0}};

		if (v == NULL) /* who sits there next does it */
			continue;
		cache_pins_clear(v, seat, &wakes);
		cache_unlock(v);
		wake_all(&wakes);
	}
}
