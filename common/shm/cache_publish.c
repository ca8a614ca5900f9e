/*
 * cache_publish.c - a head has come: of an object, or of a 304.
 *
 * Runs in workers.  An object is made in steps, each a critical section, which
 * may be repeated until enough has given way:
 *
 *	1. head: a run with all texts, and with the body too if it is small and
 *	   its length known; pinned, in no index
 *	2. blocks for all of a body whose length is known
 *	3. it takes the placeholder's place in the index
 *
 * Whoever is killed in between leaves a pinned entry that nobody can find, and
 * that goes with its pin.
 */
#include <string.h>

#include "common/base/insist.h"
#include "common/shm/cache_chain.h"
#include "common/shm/cache_index.h"
#include "common/shm/cache_memory.h"
#include "common/shm/cache_pins.h"
#include "common/shm/cache_resource.h"

#define INLINE_TRIES 8

static bool is_short(const struct cache_publish *p)
{
	return p->variant.text.n <= CACHE_KEY_MAX &&
	       p->spec.n <= CACHE_KEY_MAX && p->tags.n <= CACHE_KEY_MAX &&
	       p->record.n <= CACHE_RECORD_MAX;
}

/* Forms come in all the time: what they purge must not keep everything else
 * from being stored. */
static bool was_purged(
    const struct cache_shard *shard, uint64_t since, struct hash_id id)
{
	if (shard->purges - since > CACHE_PURGES_KEPT)
		return true;
	for (uint64_t i = since; i != shard->purges; i++) {
		uint64_t what = shard->purged[i % CACHE_PURGES_KEPT];

		if (what == CACHE_PURGED_ANY || what == id.word[1])
			return true;
	}
	return false;
}

/* Is it still wanted?  A fetch that was in no index is not found by those who
 * purge; so nothing like it must have been purged since it began. */
static bool is_wanted(const struct cache_view *v, const struct cache_entry *e)
{
	const struct cache_growth *g = cache_growth_of(v, e);

	return g != NULL && !g->unwanted &&
	       (e->indexed || !was_purged(v->shard, g->purges, e->id));
}

static struct cache_texts texts_of(const struct cache_entry *fetched,
    const struct cache_publish *p)
{
	return (struct cache_texts){
	    .key = {.id = fetched->id, .text = cache_entry_key(fetched)},
	    .variant = p->variant,
	    .spec = p->spec,
	    .tags = p->tags,
	    .record = p->record};
}

static void own(const struct cache_view *v, const struct cache_entry *e,
    const struct cache_publish *p)
{
	struct cache_growth *g = cache_growth_of(v, e);
	uint64_t share = p->owner_max / cache_shards() / CACHE_UNIT;

	g->owner = p->owner;
	g->share = p->owner_max > 0 && share == 0 ? 1 : share;
}

/* 1: done; 0: not now; -1: never.  A small body lies in the head unless a run
 * for both was looked for in vain. */
static int make(struct cache_view *v, const struct cache_object *fetch,
    const struct cache_publish *p, unsigned tries, struct cache_object *o_r)
{
	struct cache_entry *fetched = cache_entry_of(fetch), *e;
	struct cache_texts t;
	uint64_t n =
	    tries < INLINE_TRIES ? cache_entry_inline_for(p->meta.length) : 0;

	if (fetched == NULL || !is_wanted(v, fetched))
		return -1;
	t = texts_of(fetched, p);
	if (!cache_may_grow(v, cache_entry_units(&t, n)))
		return -1;
	if (!cache_start(v, &t, n, CACHE_STATE_GROWING, o_r))
		return 0;
	e = cache_entry_of(o_r);
	e->meta = p->meta;
	own(v, e, p);
	cache_keep_share(v, e, 0);
	return 1;
}

static bool make_head(const struct cache_object *fetch,
    const struct cache_publish *p, struct cache_object *o_r)
{
	int made = 0;

	for (unsigned i = 0; made == 0 && i < CACHE_TRIES; i++) {
		struct cache_view *v = cache_lock(fetch->shard);

		if (v == NULL)
			return false;
		made = make(v, fetch, p, i, o_r);
		cache_unlock(v);
	}
	return made > 0;
}

static bool reserve(struct cache_object *o, const struct cache_publish *p)
{
	if (p->meta.length <= 0)
		return true;
	return cache_chain_reserve(o, (uint64_t)p->meta.length);
}

static void enqueue_for_owner(const struct cache_view *v,
    struct cache_entry *e)
{
	const struct cache_growth *g = cache_growth_of(v, e);

	if (g != NULL && g->share > 0)
		e->node.owner =
		    (uint16_t)cache_queue_owner(&v->queue, g->owner);
}

/* In the place of FETCH, which ends. */
static bool show(struct cache_object *fetch, struct cache_object *o)
{
	struct cache_view *v = cache_lock(fetch->shard);
	struct cache_entry *fetched = cache_entry_of(fetch);
	struct wake_set wakes;
	bool wanted;

	if (v == NULL)
		return false;
	wanted = fetched != NULL && is_wanted(v, fetched);
	if (wanted) {
		enqueue_for_owner(v, cache_entry_of(o));
		cache_show(v, cache_entry_of(o), o->at);
		wakes = cache_end(v, fetch, fetched, CACHE_STATE_BROKEN);
	}
	cache_unlock(v);
	if (wanted)
		wake_all(&wakes);
	return wanted;
}

bool cache_publish(struct cache_object *fetch, const struct cache_publish *p)
{
	struct cache_object o = {.at = CACHE_NONE};

	INSIST(fetch->at != CACHE_NONE);
	if (is_short(p) && make_head(fetch, p, &o) && reserve(&o, p) &&
	    show(fetch, &o)) {
		*fetch = o;
		return true;
	}
	cache_abort(&o, 0);
	return false;
}

/* ---- 304 ---- */

/* Of the key of E: a newer one, if there are two. */
static struct cache_entry *object_of(struct cache_view *v,
    const struct cache_entry *fetched, const struct cache_variant *variant)
{
	struct cache_key key = {fetched->id, cache_entry_key(fetched)};
	struct cache_entry *e, *best = NULL;
	unsigned steps = 0;
	uint32_t at;

	e = cache_index_first(v, key.id, &at);
	for (; e != NULL; e = cache_index_next(v, e, &at, &steps)) {
		uint32_t state = atomic_load(&e->state);

		if ((state == CACHE_STATE_WHOLE ||
			state == CACHE_STATE_GROWING) &&
		    cache_entry_is(e, &key) &&
		    cache_entry_is_variant(e, variant) &&
		    (best == NULL || e->serial > best->serial))
			best = e;
	}
	return best;
}

/* A run of its own for a record that is too large for its room. */
static bool make_room(struct cache_view *v, struct cache_entry *e, size_t n)
{
	uint32_t units = cache_units_for(n), at, had = e->record_units;
	uint32_t had_at = e->record_at;

	if (e->record_at == CACHE_NONE && n <= e->record_room)
		return true;
	if (e->record_at != CACHE_NONE &&
	    n <= (uint64_t)e->record_units * CACHE_UNIT)
		return true;
	e->pins++; /* it must not give way for its own record */
	at = cache_take_run(v, units);
	e->pins--;
	if (at == CACHE_NONE)
		return false;
	e->record_n = 0;
	e->record_units = units;
	e->record_at = at;
	cache_entry_grew(v, e, units);
	if (had_at == CACHE_NONE)
		return true;
	cache_entry_shrank(v, e, had);
	(void)cache_blocks_give(&v->blocks, had_at, had);
	return true;
}

static bool renew(struct cache_view *v, struct cache_entry *e,
    const struct cache_meta *meta, struct str record)
{
	struct cache_meta renewed = *meta;

	if (record.n > CACHE_RECORD_MAX || !make_room(v, e, record.n))
		return false;
	renewed.length = e->meta.length;
	renewed.first = e->meta.first;
	renewed.complete = e->meta.complete;
	e->meta = renewed;
	e->record_n = (uint32_t)record.n;
	if (record.n > 0)
		memcpy((char *)cache_entry_record(v, e).p, record.p, record.n);
	e->serial = ++v->shard->serial;
	return true;
}

/* Is E the OBJECT whose head is known?  A body that came since must not get the
 * head of another.  What is pinned is known by its place. */
static bool is_object(const struct cache_entry *e,
    const struct cache_object *object)
{
	if (object->at == CACHE_NONE)
		return atomic_load(&e->state) == CACHE_STATE_WHOLE &&
		       atomic_load(&e->size) == 0;
	return e == cache_entry_of(object);
}

bool cache_refresh(struct cache_object *fetch,
    const struct cache_object *object, const struct cache_variant *variant,
    const struct cache_meta *meta, struct str record)
{
	struct cache_view *v = cache_lock(fetch->shard);
	struct cache_entry *fetched = cache_entry_of(fetch), *e;
	struct wake_set wakes;
	bool renewed;

	if (v == NULL || fetched == NULL) {
		if (v != NULL)
			cache_unlock(v);
		cache_end_busy(fetch);
		return false;
	}
	e = object_of(v, fetched, variant);
	renewed = e != NULL && is_object(e, object) &&
		  is_wanted(v, fetched) && renew(v, e, meta, record);
	wakes = cache_end(v, fetch, fetched, CACHE_STATE_BROKEN);
	cache_unlock(v);
	wake_all(&wakes);
	return renewed;
}
