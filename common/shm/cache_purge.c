/*
 * cache_purge.c - objects that somebody wants gone, or asked for anew.
 *
 * Runs in workers.  Of a shard first PURGES is counted up: a fetch that is in
 * no index and began before that is not published (cache_publish.c), unless it
 * is known that another key was meant.  One that is in the index is met there:
 * as a placeholder, which is disowned, or as the object that it has become
 * meanwhile, which is dropped.  What begins to be fetched after its bucket was
 * seen is younger than the purge.
 */
#include "common/shm/cache_purge.h"

#include "common/shm/cache.h"
#include "common/shm/cache_index.h"
#include "common/shm/cache_slice.h"

struct purging {
	struct cache_purge *purge;
	struct wake_set wakes; /* who waits for what is disowned */
};

void cache_purge_begin(
    struct cache_purge *p, const struct cache_match *match, bool soft)
{
	*p = (struct cache_purge){.soft = soft, .now = clock_mono()};
	cache_walk_begin(&p->walk, match);
}

/* WHAT: of the id of a key, or CACHE_PURGED_ANY. */
static void note(struct cache_shard *shard, uint64_t what)
{
	shard->purged[shard->purges % CACHE_PURGES_KEPT] = what;
	shard->purges++;
}

static void begin(void *arg, struct cache_view *v)
{
	(void)arg;
	note(v->shard, CACHE_PURGED_ANY);
}

/* Whoever fetches it keeps its pin and growth; it will not be published. */
static void disown(
    struct purging *p, struct cache_view *v, struct cache_entry *e, uint32_t at)
{
	struct cache_growth *g = cache_growth_of(v, e);

	p->purge->fetches++;
	if (g != NULL) {
		g->unwanted = 1;
		for (int i = 0; i < SEAT_COUNT / 64; i++)
			atomic_fetch_or(
			    &p->wakes.seats[i], atomic_load(&g->wake.seats[i]));
	}
	cache_index_drop(v, e, at);
}

/* It may be served stale for as long as it might have been later. */
static void make_stale(struct cache_meta *m, usec_t now)
{
	usec_t early = m->fresh_until - now;

	if (early <= 0)
		return;
	m->fresh_until -= early;
	m->while_revalidate_until -= early;
	m->if_error_until -= early;
}

static void purge(
    struct purging *p, struct cache_view *v, struct cache_entry *e, uint32_t at)
{
	uint32_t state = atomic_load(&e->state);
	bool is_object =
	    state == CACHE_STATE_WHOLE || state == CACHE_STATE_GROWING;

	p->purge->objects += is_object;
	if (!p->purge->soft || !is_object)
		cache_index_drop(v, e, at);
	else
		make_stale(&e->meta, p->purge->now);
}

static bool visit(
    void *arg, struct cache_view *v, struct cache_entry *e, uint32_t at)
{
	struct purging *p = arg;
	bool fetching = atomic_load(&e->state) == CACHE_STATE_FETCHING;

	if (!cache_matches(&p->purge->walk.match, cache_entry_key(e),
		fetching ? STR_NONE : cache_entry_tags(e)))
		return true;
	if (fetching)
		disown(p, v, e, at);
	else
		purge(p, v, e, at);
	return true;
}

/* All of one resource stands in one bucket. */
static enum cache_step purge_key(struct purging *p)
{
	struct cache_walk *w = &p->purge->walk;
	struct cache_key key = cache_key_make(w->match.text);
	uint32_t at, next;
	struct cache_entry *e, *behind;
	unsigned steps = 0;
	struct cache_view *v = cache_lock(cache_shard_of(key.id));

	if (v == NULL) {
		w->missed = 1;
		return CACHE_STEP_DONE;
	}
	note(v->shard, key.id.word[1]);
	for (e = cache_index_first(v, key.id, &at); e != NULL;
	     e = behind, at = next) {
		next = at;
		behind = cache_index_next(v, e, &next, &steps);
		(void)visit(p, v, e, at);
	}
	cache_unlock(v);
	return CACHE_STEP_DONE;
}

enum cache_step cache_purge_step(struct cache_purge *purge)
{
	struct purging p = {.purge = purge, .wakes = {.seats = {0}}};
	enum cache_step step;

	if (!cache_is_there())
		return CACHE_STEP_DONE;
	if (purge->walk.match.scope == CACHE_SCOPE_KEY)
		step = purge_key(&p);
	else
		step = cache_slice(&purge->walk, visit, begin, &p);
	wake_all(&p.wakes);
	return step;
}
