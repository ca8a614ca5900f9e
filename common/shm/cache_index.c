/*
 * cache_index.c - which entries of a shard can be found, and which give way.
 *
 * Runs in workers.  A bucket is a chain of entries, the newest first; all of a
 * resource are in one.  All that are in the index are in a queue, too:
 *
 *	oldest -> newer -> ... -> newest
 *	            ^ hand
 *
 * SIEVE: the hand goes from old to new, takes the mark "visited" from who has
 * it and drops who has not.  What is pinned is passed by: dropping it would
 * bring no room.
 */
#include "common/shm/cache_index.h"

#define STEPS_MAX 1024 /* in a bucket; keys are hashed by a secret */
#define HAND_MAX 256   /* that the hand passes by at a time */

enum { NOT_INDEXED, INDEXED_OBJECT, INDEXED_OTHER };

/* ---- buckets ---- */

static uint32_t *bucket_of(const struct cache_view *v, struct hash_id id)
{
	return &v->index[id.word[1] & (v->buckets - 1)];
}

struct cache_entry *cache_index_first(const struct cache_view *v,
    struct hash_id id, uint32_t *at_r)
{
	*at_r = *bucket_of(v, id);
	return cache_entry_at(v, *at_r);
}

struct cache_entry *cache_index_next(const struct cache_view *v,
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
	uint32_t *p = bucket_of(v, e->id), here;
	struct cache_entry *other =
	    cache_index_first(v, e->id, &here);
	unsigned steps = 0;

	while (other != NULL && here != at) {
		p = &other->next;
		other = cache_index_next(v, other, &here, &steps);
	}
	if (here == at)
		*p = e->next;
}

/* ---- the queue ---- */

static void enqueue(struct cache_view *v, struct cache_entry *e, uint32_t at)
{
	struct cache_shard *s = v->shard;
	struct cache_entry *newest = cache_entry_at(v, s->newest);

	e->newer = CACHE_NONE;
	e->older = s->newest;
	if (newest != NULL)
		newest->newer = at;
	else
		s->oldest = at;
	s->newest = at;
}

static void dequeue(struct cache_view *v, struct cache_entry *e, uint32_t at)
{
	struct cache_shard *s = v->shard;
	struct cache_entry *newer = cache_entry_at(v, e->newer);
	struct cache_entry *older = cache_entry_at(v, e->older);

	if (s->hand == at)
		s->hand = e->newer;
	if (newer != NULL)
		newer->older = e->older;
	else
		s->newest = e->older;
	if (older != NULL)
		older->newer = e->newer;
	else
		s->oldest = e->newer;
}

/* ---- in and out ---- */

static bool is_object(const struct cache_entry *e)
{
	uint32_t state = atomic_load(&e->state);

	return state == CACHE_STATE_GROWING || state == CACHE_STATE_WHOLE;
}

void cache_index_add(struct cache_view *v, struct cache_entry *e, uint32_t at)
{
	uint32_t *bucket = bucket_of(v, e->id);

	e->next = *bucket;
	*bucket = at;
	enqueue(v, e, at);
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
	dequeue(v, e, at);
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

/* Does the hand stay at E? */
static bool gives_way(struct cache_entry *e)
{
	if (e->pins > 0)
		return false;
	return atomic_exchange_explicit(&e->visited, 0,
		   memory_order_relaxed) == 0;
}

bool cache_evict(struct cache_view *v)
{
	struct cache_shard *s = v->shard;

	for (unsigned n = 0; n < HAND_MAX; n++) {
		uint32_t at = s->hand != CACHE_NONE ? s->hand : s->oldest;
		struct cache_entry *e = cache_entry_at(v, at);

		if (e == NULL)
			return false;
		s->hand = e->newer;
		if (!gives_way(e))
			continue;
		s->evicted++;
		cache_index_drop(v, e, at);
		return true;
	}
	return false;
}
