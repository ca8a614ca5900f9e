/*
 * caching_find.c - what the store has for an exchange.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  A resource that
 * varies is asked for twice: first to learn by what, then with what the request
 * has there.
 */
#include "common/base/insist.h"
#include "worker/cache/partial.h"
#include "worker/proxy/caching_find.h"

#define VARIANT_ROOM 1024

void caching_release(struct caching *c)
{
	if (c->has_found)
		cache_release(&c->found.object);
	c->has_found = false;
}

bool caching_make_room(struct exchange *x, size_t n)
{
	struct cache_found *f = &x->caching->found;

	f->buf = arena_alloc(&x->arena, n);
	f->cap = f->buf != NULL ? n : 0;
	return f->buf != NULL;
}

/* What X selects by SPEC.  False: it does not fit. */
static bool add_variants(struct exchange *x, struct str spec)
{
	struct caching *c = x->caching;
	struct str texts[VARY_TEXTS_MAX];
	struct arena mark = x->arena;
	unsigned n = 0;

	for (size_t room = VARIANT_ROOM; n == 0 && room <= CACHE_KEY_MAX;
	     room *= 4) {
		struct out o = exchange_out(x, room);

		n = vary_of_request(spec, &x->request, &o, texts);
		if (n == 0)
			arena_rewind(&x->arena, &mark);
	}
	for (unsigned i = 0; i < n; i++)
		c->variants[c->variant_count++] = cache_variant_make(texts[i]);
	return n > 0;
}

static bool make_variants(struct exchange *x)
{
	struct caching *c = x->caching;

	for (unsigned i = 0; i < c->found.spec_count; i++)
		if (!add_variants(x, c->found.specs[i]))
			return false;
	return true;
}

/* Once for the usual resource, twice for one that varies. */
enum cache_result caching_find(struct exchange *x)
{
	struct caching *c = x->caching;
	enum cache_result found;

	caching_release(c);
	c->variants[0] = (struct cache_variant){.id = 0, .text = STR("")};
	c->variant_count = 1;
	for (;;) {
		found = cache_find(&c->key, c->variants, c->variant_count,
		    c->since, &c->found);
		if (found == CACHE_LARGE) {
			if (!caching_make_room(x, c->found.record.n))
				return CACHE_BUSY;
		} else if (found == CACHE_VARIES) {
			if (c->variant_count > 1 || !make_variants(x))
				return CACHE_BUSY;
		} else {
			break;
		}
	}
	c->has_found = found == CACHE_FOUND;
	return found;
}

/* An origin may give another part than was asked for, and then that is its
 * answer. */
bool caching_is_brought(const struct exchange *x)
{
	const struct cache_meta *m = &x->caching->found.meta;
	const struct range_part *part = &x->caching->brought;

	return x->caching->fetched != CACHE_UNUSED && m->complete > 0 &&
	    part->length > 0 && part->first == m->first &&
	    part->length == (uint64_t)m->length;
}

/* Is what was found all that X wants of it? */
bool caching_has_all(const struct exchange *x)
{
	const struct cache_meta *m = &x->caching->found.meta;
	struct partial part = {m->first, (uint64_t)m->length, m->complete};
	struct range_asked asked;
	struct range_part rest;

	if (likely(m->complete == 0) || caching_is_brought(x))
		return true;
	return m->length > 0 && range_read(&x->request, &asked) &&
	    partial_plan(&part, &asked, &rest) == PARTIAL_SERVE;
}
