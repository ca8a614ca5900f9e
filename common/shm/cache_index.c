/*
 * cache_index.c - which entries of a shard can be found, and which give way.
 *
 * Runs in workers.  A bucket is a chain of entries, the newest first; all of a
 * resource are in one.  Those of others are passed by at the cost of one line of
 * memory each.  All that are in the index are in the queue of the
 * shard, too, by which they give way (cache_queue.c).  What is pinned is passed
 * by then: dropping it would bring no room.
 */
#include "common/shm/cache_index.h"

#define STEPS_MAX 1024 /* in a bucket; keys are hashed by a secret */
#define TRIES 32       /* with what turns out to be pinned */

enum { NOT_INDEXED, INDEXED_OBJECT, INDEXED_OTHER };

/* ---- buckets ---- */

static uint32_t *bucket_of(const struct cache_view *v, struct hash_id id)
{
	return &v->index[id.word[1] & (v->buckets - 1)];
}

/* What a look at a few bytes tells; for an answer it takes cache_entry_at. */
static struct cache_entry *peek(const struct cache_view *v, uint32_t at)
{
	struct cache_entry *e = cache_unit(v, at);

	if (!cache_is_run(v, at, CACHE_ENTRY_UNITS) || e->magic != CACHE_MAGIC)
		return NULL;
	return e;
}

/* From AT on. */
static struct cache_entry *seek(const struct cache_view *v, struct hash_id id,
    uint32_t at, uint32_t *at_r, unsigned *steps)
{
	struct cache_entry *e = peek(v, at);

	while (e != NULL && !hash_id_eq(e->id, id)) {
		if (++*steps >= STEPS_MAX)
			return NULL;
		at = e->next;
		e = peek(v, at);
	}
	*at_r = at;
	return e != NULL ? cache_entry_at(v, at) : NULL;
}

struct cache_entry *cache_index_first(const struct cache_view *v,
    struct hash_id id, uint32_t *at_r)
{
	unsigned steps = 0;

	return seek(v, id, *bucket_of(v, id), at_r, &steps);
}

struct cache_entry *cache_index_next(const struct cache_view *v,
    const struct cache_entry *e, uint32_t *at_r, unsigned *steps)
{
	if (++*steps >= STEPS_MAX)
		return NULL;
	return seek(v, e->id, e->next, at_r, steps);
}

struct cache_entry *cache_index_behind(const struct cache_view *v,
    const struct cache_entry *e, uint32_t *at_r, unsigned *steps)
{
	if (++*steps >= STEPS_MAX)
		return NULL;
	*at_r = e->next;
	return cache_entry_at(v, *at_r);
}

static void unlink_from_bucket(struct cache_view *v, struct cache_entry *e,
    uint32_t at)
{
	uint32_t *p = bucket_of(v, e->id);
	struct cache_entry *other = peek(v, *p);
	unsigned steps = 0;

	while (other != NULL && *p != at && ++steps < STEPS_MAX) {
		p = &other->next;
		other = peek(v, *p);
	}
	if (*p == at)
		*p = e->next;
}

/* ---- in and out ---- */

static bool is_object(const struct cache_entry *e)
{
	uint32_t state = atomic_load(&e->state);

	return state == CACHE_STATE_GROWING || state == CACHE_STATE_WHOLE;
}

/* What it is known by when it comes back: bits that choose neither its shard
 * nor its bucket. */
static uint64_t name_of(const struct cache_entry *e)
{
	return e->id.word[0] / CACHE_SHARDS_MAX ^ e->variant;
}

void cache_index_add(struct cache_view *v, struct cache_entry *e, uint32_t at)
{
	uint32_t *bucket = bucket_of(v, e->id);

	e->next = *bucket;
	*bucket = at;
	cache_queue_add(&v->queue, at, e->total, e->node.owner, name_of(e));
	e->indexed = is_object(e) ? INDEXED_OBJECT : INDEXED_OTHER;
	if (e->indexed == INDEXED_OBJECT)
		v->shard->objects++;
	else
		v->shard->others++;
}

void cache_index_remove(struct cache_view *v, struct cache_entry *e,
    uint32_t at)
{
	if (e->indexed == NOT_INDEXED)
		return;
	unlink_from_bucket(v, e, at);
	cache_queue_remove(&v->queue, at);
	if (e->indexed == INDEXED_OBJECT)
		v->shard->objects--;
	else
		v->shard->others--;
	e->indexed = NOT_INDEXED;
}

void cache_index_drop(struct cache_view *v, struct cache_entry *e,
    uint32_t at)
{
	cache_index_remove(v, e, at);
	cache_entry_settle(v, e, at);
}

/* ---- room ---- */

bool cache_evict(struct cache_view *v, unsigned owner)
{
	for (unsigned n = 0; n < TRIES; n++) {
		uint32_t at = cache_queue_next(&v->queue, owner);
		struct cache_entry *e = cache_entry_at(v, at);

		if (e == NULL)
			return false;
		if (e->pins > 0)
			continue;
		cache_queue_note(&v->queue, name_of(e));
		v->shard->evicted++;
		count(cache_evicted);
		cache_index_drop(v, e, at);
		return true;
	}
	return false;
}
