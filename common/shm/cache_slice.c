/*
 * cache_slice.c - the next entries of the store, under one lock.
 *
 * Runs in workers.  Where a walk is: a shard, a bucket, and how many of that
 * bucket's entries were seen.  Buckets stay where they are and entries in
 * their bucket, so whoever is there all the time is met; a bucket with more
 * entries than a slice takes, which a good hash does not make, may show one
 * twice when others come.
 *
 * A slice ends after so many entries, or so many buckets without any.
 */
#include "common/shm/cache_slice.h"

#include "common/shm/cache_index.h"

#define ENTRIES 64
#define BUCKETS 512
#define TRIES 30 /* with a lock that is not to be had */

struct slice {
	struct cache_walk *walk;
	struct cache_view *v;
	cache_visit_fn *visit;
	void *arg;
	unsigned entries;
};

/* The rest of the bucket where the walk is.  False: the slice ends in it. */
static bool do_bucket(struct slice *s)
{
	struct cache_walk *w = s->walk;
	unsigned steps = 0, seen = 0;
	uint32_t at = s->v->index[w->bucket], next;
	struct cache_entry *e = cache_entry_at(s->v, at), *behind;

	for (; e != NULL; e = behind, at = next) {
		next = at;
		behind = cache_index_behind(s->v, e, &next, &steps);
		if (seen++ < w->skip)
			continue;
		if (s->entries++ == ENTRIES || !s->visit(s->arg, s->v, e, at))
			return false;
		if (e->indexed)
			w->skip++;
		else
			seen--;
	}
	return true;
}

static bool do_shard(struct slice *s)
{
	struct cache_walk *w = s->walk;

	for (unsigned n = 0; w->bucket < s->v->buckets; n++) {
		if (n == BUCKETS || !do_bucket(s))
			return false;
		w->bucket++;
		w->skip = 0;
	}
	return true;
}

static void next_shard(struct cache_walk *w)
{
	w->shard++;
	w->bucket = w->skip = 0;
	w->tries = 0;
	w->begun = false;
}

static enum cache_step not_now(struct cache_walk *w)
{
	if (++w->tries < TRIES)
		return CACHE_STEP_LATER;
	w->missed++;
	next_shard(w);
	return CACHE_STEP_MORE;
}

enum cache_step cache_slice(struct cache_walk *w, cache_visit_fn *visit,
    void (*begin)(void *arg, struct cache_view *v), void *arg)
{
	struct slice s = {.walk = w, .visit = visit, .arg = arg};
	bool over;

	if (w->shard >= cache_shards())
		return CACHE_STEP_DONE;
	s.v = cache_lock(w->shard);
	if (s.v == NULL)
		return not_now(w);
	if (!w->begun && begin != NULL)
		begin(arg, s.v);
	w->begun = true;
	over = do_shard(&s);
	cache_unlock(s.v);
	if (over)
		next_shard(w);
	return CACHE_STEP_MORE;
}
