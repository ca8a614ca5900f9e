/*
 * cache_walk.c - what is in the store, copied out.
 *
 * Runs in workers, when somebody asks.
 */
#include "common/shm/cache_walk.h"

#include "common/shm/cache.h"
#include "common/shm/cache_slice.h"

struct listing {
	const struct cache_match *match;
	struct cache_listed *at;
	unsigned n, max;
	usec_t now;
};

void cache_walk_begin(struct cache_walk *w, const struct cache_match *match)
{
	*w = (struct cache_walk){.match = *match};
}

static const uint8_t states[] = {
    [CACHE_STATE_FETCHING] = CACHE_LISTED_FETCHING,
    [CACHE_STATE_GROWING] = CACHE_LISTED_GROWING,
    [CACHE_STATE_WHOLE] = CACHE_LISTED_WHOLE,
    [CACHE_STATE_MARK] = CACHE_LISTED_MARK,
    [CACHE_STATE_FAILED] = CACHE_LISTED_FAILED,
};

static size_t cut(struct str s, char *to, size_t room)
{
	memcpy(to, s.p, s.n < room ? s.n : room);
	return s.n;
}

static void copy_out(const struct cache_entry *e, uint32_t state, usec_t now,
    struct cache_listed *l)
{
	l->state = states[state];
	l->status = e->meta.status;
	l->reason = e->meta.reason;
	l->size = atomic_load(&e->size);
	l->memory = (uint64_t)e->total * CACHE_UNIT;
	l->hits = e->hits;
	l->age = now - e->meta.born;
	l->ttl = e->meta.fresh_until - now;
	l->key_n = cut(cache_entry_key(e), l->key, sizeof(l->key));
	l->variant_n =
	    cut(cache_entry_variant(e), l->variant, sizeof(l->variant));
}

static bool list(
    void *arg, struct cache_view *v, struct cache_entry *e, uint32_t at)
{
	uint32_t state = atomic_load(&e->state);
	struct listing *l = arg;

	(void)v;
	(void)at;
	if (state < CACHE_STATE_FETCHING || state > CACHE_STATE_FAILED ||
	    !cache_matches(l->match, cache_entry_key(e), cache_entry_tags(e)))
		return true;
	if (l->n == l->max)
		return false;
	copy_out(e, state, l->now, &l->at[l->n++]);
	return true;
}

enum cache_step cache_walk_step(
    struct cache_walk *w, struct cache_listed *at, unsigned max, unsigned *n_r)
{
	struct listing l = {
	    .match = &w->match, .at = at, .max = max, .now = clock_mono()};
	enum cache_step step = CACHE_STEP_DONE;

	if (cache_is_there())
		step = cache_slice(w, list, NULL, &l);
	*n_r = l.n;
	return step;
}
