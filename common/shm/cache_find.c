/*
 * cache_find.c - looking for what is in the cache.
 *
 * Runs in workers.  All entries of a resource are looked at, in one critical
 * section: the newest of those that are asked for is the answer, and all of
 * them make the stamp, by which cache_claim sees that nothing has changed.
 */
#include <string.h>

#include "common/base/insist.h"
#include "common/shm/cache_index.h"
#include "common/shm/cache_pins.h"
#include "common/shm/cache_resource.h"

struct search {
	const struct cache_key *key;
	const struct cache_variant *variants;
	unsigned n;
	usec_t since;
	usec_t now; /* 0: nobody has asked yet */
	struct cache_found *f;
	struct cache_entry *best;
	uint32_t best_at;
	size_t spec_n;
};

static bool is_wanted(const struct search *s, const struct cache_entry *e)
{
	if (e->any)
		return true;
	for (unsigned i = 0; i < s->n; i++)
		if (cache_entry_is_variant(e, &s->variants[i]))
			return true;
	return false;
}

static bool is_known_spec(const struct cache_found *f, struct str spec)
{
	for (unsigned i = 0; i < f->spec_count; i++)
		if (str_eq(f->specs[i], spec))
			return true;
	return false;
}

static void note_spec(struct search *s, struct str spec)
{
	struct cache_found *f = s->f;
	char *to = f->spec_text + s->spec_n;

	if (spec.n == 0 || is_known_spec(f, spec) ||
	    f->spec_count == CACHE_SPECS_MAX ||
	    spec.n > CACHE_SPEC_TEXT - s->spec_n)
		return;
	memcpy(to, spec.p, spec.n);
	f->specs[f->spec_count++] = str_make(to, spec.n);
	s->spec_n += spec.n;
}

static usec_t now_of(struct search *s)
{
	if (s->now == 0)
		s->now = clock_mono();
	return s->now;
}

/* Is what E says of interest to who asks? */
static bool speaks(struct search *s, struct cache_entry *e)
{
	switch ((enum cache_state)atomic_load(&e->state)) {
	case CACHE_STATE_FETCHING:
		if (is_wanted(s, e))
			s->f->fetching = true;
		return false;
	case CACHE_STATE_GROWING:
	case CACHE_STATE_WHOLE:
		note_spec(s, cache_entry_spec(e));
		return !e->outgrown && is_wanted(s, e);
	case CACHE_STATE_MARK:
		return is_wanted(s, e) && e->meta.fresh_until > now_of(s);
	case CACHE_STATE_FAILED:
		return s->since != 0 && e->meta.born >= s->since &&
		       is_wanted(s, e);
	case CACHE_STATE_BROKEN:
	default:
		return false;
	}
}

static void look(struct search *s, const struct cache_view *v)
{
	unsigned steps = 0;
	uint32_t at;
	struct cache_entry *e = cache_index_first(v, s->key->id, &at);

	for (; e != NULL; e = cache_index_next(v, e, &at, &steps)) {
		if (!cache_entry_is(e, s->key))
			continue;
		s->f->stamp += e->serial;
		if (!speaks(s, e) ||
		    (s->best != NULL && s->best->serial > e->serial))
			continue;
		s->best = e;
		s->best_at = at;
	}
}

/* ---- what was found ---- */

static bool copy_record(const struct cache_view *v,
    const struct cache_entry *e, struct cache_found *f)
{
	struct str record = cache_entry_record(v, e);

	f->record = str_make(f->buf, record.n);
	if (record.n > f->cap)
		return false;
	if (record.n > 0)
		memcpy(f->buf, record.p, record.n);
	return true;
}

static void copy_meta(const struct cache_entry *e, struct cache_found *f)
{
	f->meta = e->meta;
	f->growing = atomic_load(&e->state) == CACHE_STATE_GROWING;
	if (!f->growing)
		f->meta.length = (int64_t)atomic_load(&e->size);
}

static bool is_first_call(const struct search *s)
{
	return s->n == 1 && s->variants[0].id == 0;
}

/* Whether there is an object, and its head. */
static enum cache_result judge(struct search *s, const struct cache_view *v)
{
	struct cache_entry *e = s->best;

	if (is_first_call(s) && s->f->spec_count > 0)
		return CACHE_VARIES;
	if (e == NULL)
		return CACHE_NOTHING;
	copy_meta(e, s->f);
	if (atomic_load(&e->state) == CACHE_STATE_MARK)
		return CACHE_MARKED;
	if (atomic_load(&e->state) == CACHE_STATE_FAILED)
		return CACHE_FAILED;
	if (!copy_record(v, e, s->f))
		return CACHE_LARGE;
	e->hits++;
	atomic_store_explicit(&e->node.visited, 1, memory_order_relaxed);
	return CACHE_FOUND;
}

/* The body under the lock: what is whole, and small. */
static int copy_body(const struct cache_view *v, struct cache_entry *e,
    char *body, size_t cap)
{
	uint64_t size = atomic_load(&e->size), at = 0;
	struct cache_place place = {.block = CACHE_NONE};

	if (atomic_load(&e->state) != CACHE_STATE_WHOLE || size > cap ||
	    size > CACHE_COPY_MAX)
		return -1;
	while (at < size) {
		struct str piece = cache_part(v, e, at, size, &place);

		if (piece.n == 0)
			return -1;
		memcpy(body + at, piece.p, piece.n);
		at += piece.n;
	}
	return (int)size;
}

static struct search search_for(const struct cache_key *key,
    const struct cache_variant *variants, unsigned n, struct cache_found *f)
{
	f->object = (struct cache_object){.at = CACHE_NONE};
	f->growing = f->fetching = false;
	f->spec_count = 0;
	f->stamp = 0;
	f->record = STR_NONE;
	return (struct search){
	    .key = key, .variants = variants, .n = n, .f = f};
}

enum cache_result cache_find(const struct cache_key *key,
    const struct cache_variant *variants, unsigned n, usec_t since,
    struct cache_found *f)
{
	struct search s = search_for(key, variants, n, f);
	struct cache_view *v = cache_lock(cache_shard_of(key->id));
	enum cache_result result;

	s.since = since;
	if (v == NULL)
		return CACHE_BUSY;
	look(&s, v);
	result = judge(&s, v);
	if (result == CACHE_FOUND && f->meta.length != 0 &&
	    !cache_pin(v, s.best_at, &f->object)) {
		count(cache_crowded);
		result = CACHE_CROWDED;
	}
	cache_unlock(v);
	return result;
}

int cache_copy(const struct cache_key *key,
    const struct cache_variant *variants, unsigned n, struct cache_found *f,
    char *body, size_t cap)
{
	struct search s = search_for(key, variants, n, f);
	struct cache_view *v = cache_lock(cache_shard_of(key->id));
	int size = -1;

	if (v == NULL)
		return -1;
	look(&s, v);
	if (judge(&s, v) == CACHE_FOUND)
		size = copy_body(v, s.best, body, cap);
	cache_unlock(v);
	return size;
}
