/*
 * cache_claim.c - who fetches.
 *
 * Runs in workers.  A claim is a placeholder in the index, with an expiry:
 *
 *	          cache_claim            cache_publish
 *	nothing --------------> FETCHING --------------> gone; an object GROWING
 *	                          |  cache_mark          MARK
 *	                          |  cache_abort         FAILED
 *	                          |  its process died    gone
 *	                          +- expired             gone; its fetch is unwanted
 *
 * What it ends as is written by cache_publish.c and cache_end.c.
 */
#include "common/base/insist.h"
#include "common/shm/cache_index.h"
#include "common/shm/cache_pins.h"
#include "common/shm/cache_resource.h"

#define MOST 256 /* entries of a resource: more are not claimed */
#define FAILED_FOR (5 * USEC_PER_SEC)

struct claiming {
	const struct cache_key *key;
	const struct cache_variant *variant; /* NULL: any */
	usec_t now;
	uint64_t stamp; /* of what is there */
	bool taken;
	unsigned count; /* of what is there */
};

static bool is_in_the_way(const struct claiming *c, const struct cache_entry *e)
{
	return e->any || c->variant == NULL ||
	       cache_entry_is_variant(e, c->variant);
}

static bool has_expired(const struct cache_growth *g, usec_t now)
{
	return g == NULL || atomic_load(&g->expires) <= now;
}

/* Its fetch may end as it will: it is not for us. */
static void disown(struct cache_view *v, struct cache_entry *e, uint32_t at)
{
	struct cache_growth *g = cache_growth_of(v, e);

	if (g != NULL)
		g->unwanted = 1;
	cache_index_drop(v, e, at);
}

/* Who waited for what failed has been told by then. */
static bool is_over(const struct cache_entry *e, usec_t now)
{
	uint32_t state = atomic_load(&e->state);

	return state == CACHE_STATE_BROKEN ||
	       (state == CACHE_STATE_FAILED &&
		   e->meta.born + FAILED_FOR <= now) ||
	       (state == CACHE_STATE_MARK && e->meta.fresh_until <= now);
}

/* Whoever waits for a claim is woken when it ends. */
static void look_at(struct claiming *c, struct cache_view *v,
    struct cache_entry *e, uint32_t at)
{
	struct cache_growth *g;

	c->stamp += e->serial;
	c->count++;
	if (is_over(e, c->now)) {
		cache_index_drop(v, e, at);
		return;
	}
	if (atomic_load(&e->state) != CACHE_STATE_FETCHING ||
	    !is_in_the_way(c, e))
		return;
	g = cache_growth_of(v, e);
	if (has_expired(g, c->now)) {
		disown(v, e, at);
		return;
	}
	wake_want(&g->wake);
	c->taken = true;
}

static void look(struct claiming *c, struct cache_view *v)
{
	unsigned steps = 0;
	uint32_t at, next;
	struct cache_entry *e = cache_index_first(v, c->key->id, &at);

	while (e != NULL) {
		struct cache_entry *behind;

		next = at;
		behind = cache_index_next(v, e, &next, &steps);
		if (cache_entry_is(e, c->key))
			look_at(c, v, e, at);
		e = behind;
		at = next;
	}
}

static struct cache_texts texts_of(const struct cache_key *key,
    const struct cache_variant *variant)
{
	struct cache_texts t = {.key = *key,
	    .variant = {.id = 0, .text = STR_NONE},
	    .spec = STR_NONE,
	    .tags = STR_NONE,
	    .record = STR_NONE};

	if (variant != NULL)
		t.variant = *variant;
	return t;
}

static bool is_short(const struct cache_texts *t)
{
	return t->key.text.n <= CACHE_KEY_MAX &&
	       t->variant.text.n <= CACHE_KEY_MAX;
}

/* A placeholder; in the index, if others are to wait for it. */
static bool place(struct cache_view *v, const struct cache_texts *t, bool any,
    usec_t expires, bool indexed, struct cache_object *fetch_r)
{
	struct cache_entry *e;

	if (!cache_start(v, t, 0, CACHE_STATE_FETCHING, fetch_r))
		return false;
	e = cache_entry_of(fetch_r);
	e->any = any;
	atomic_store(&cache_growth_of(v, e)->expires, expires);
	if (indexed)
		cache_index_add(v, e, fetch_r->at);
	return true;
}

static enum cache_claim claim(struct claiming *c, struct cache_view *v,
    uint64_t stamp, usec_t patience, struct cache_object *fetch_r)
{
	struct cache_texts t = texts_of(c->key, c->variant);

	look(c, v);
	if (c->taken)
		return CACHE_WAIT;
	if (c->stamp != stamp)
		return CACHE_AGAIN;
	if (c->count > MOST ||
	    !place(v, &t, c->variant == NULL, c->now + patience, true,
		fetch_r))
		return CACHE_REFUSED;
	return CACHE_CLAIMED;
}

enum cache_claim cache_claim(const struct cache_key *key,
    const struct cache_variant *variant, uint64_t stamp, usec_t patience,
    struct cache_object *fetch_r)
{
	struct claiming c = {
	    .key = key, .variant = variant, .now = clock_mono()};
	struct cache_texts t = texts_of(key, variant);
	enum cache_claim result;
	struct cache_view *v;

	*fetch_r = (struct cache_object){.at = CACHE_NONE};
	if (!is_short(&t))
		return CACHE_REFUSED;
	v = cache_lock(cache_shard_of(key->id));
	if (v == NULL)
		return CACHE_REFUSED;
	result = claim(&c, v, stamp, patience, fetch_r);
	cache_unlock(v);
	return result;
}

bool cache_begin(const struct cache_key *key, struct cache_object *fetch_r)
{
	struct cache_texts t = texts_of(key, NULL);
	struct cache_view *v;
	bool begun;

	*fetch_r = (struct cache_object){.at = CACHE_NONE};
	if (!is_short(&t))
		return false;
	v = cache_lock(cache_shard_of(key->id));
	if (v == NULL)
		return false;
	begun = place(v, &t, true, DEADLINE_NEVER, false, fetch_r);
	cache_unlock(v);
	return begun;
}
