/*
 * caching_store.c - what a fetch does with the store.
 *
 * Runs in workers, on the fetch's own fiber, but for caching_store_prepare.
 *
 *	head -> may it be stored? -> without traces of its origin, as a record
 *	body -> pieces, copied into the segment as they come
 *	304  -> the record that was found, with what it says of itself now
 *
 * A body that says not how long it is may turn out too large.  Then nobody new
 * may read it, and what all who do have read makes room for what comes: so it
 * is at the pace of the slowest of them, who is kept up to limits.min_rate.
 */
#include "worker/proxy/caching_store.h"

#include <errno.h>

#include "common/shm/seat.h"
#include "worker/cache/condition.h"
#include "worker/cache/record.h"
#include "worker/cache/storable.h"
#include "worker/cache/update.h"
#include "worker/cache/wait.h"
#include "worker/proxy/caching_renew.h"
#include "worker/proxy/caching_rest.h"
#include "worker/proxy/errand.h"

#define MARK_FOR (60 * USEC_PER_SEC)
#define MARK_ERROR_FOR USEC_PER_SEC /* what is wrong may soon be right */
#define ERRORS_FROM 500
#define LOOK_AGAIN (USEC_PER_SEC / 2)

/* ---- the request ---- */

/* What X has found, as a message in the errand's arena. */
static bool keep_stale(struct caching_fetch *f, const struct cache_found *found)
{
	struct arena *a = &f->x->arena;
	char *p = arena_alloc(a, found->record.n);

	if (p == NULL)
		return false;
	memcpy(p, found->record.p, found->record.n);
	f->stale_meta = found->meta;
	f->stale_len = found->record.n;
	return record_decode(str_make(p, found->record.n), a, &f->stale) &&
	    cache_hold(&found->object, &f->stale_object);
}

/* What asks whether it is still good, in X's arena. */
static struct str conditions(struct exchange *x)
{
	struct message stored;

	if (!record_decode(x->caching->found.record, &x->arena, &stored))
		return STR("");
	return caching_conditions(x, &stored);
}

/* The whole is asked for, whatever part X wants. */
static void drop_range(struct message *m)
{
	for (unsigned i = 0; i < m->field_count; i++)
		if (m->fields[i].id == FIELD_range)
			m->fields[i].drop = true;
}

static bool fill_in(struct caching_fetch *f, const struct exchange *x)
{
	const struct caching *c = x->caching;
	char *text = arena_strdup(&f->x->arena, c->key.text);

	f->conf = c->conf;
	f->key = c->key;
	f->key.text.p = text;
	f->asked = loop_now();
	condition_drop(&f->x->request);
	if (!f->is_part)
		drop_range(&f->x->request);
	return text != NULL &&
	    ((!f->validates && !f->wants_rest) ||
		keep_stale(f, &c->found));
}

/* What is asked beside what X asks. */
static struct str lines_of(struct exchange *x, enum fetch_what what)
{
	switch (what) {
	case FETCH_VALIDATE:
		return conditions(x);
	case FETCH_REST:
		return caching_rest_lines(x);
	case FETCH_WHOLE:
	case FETCH_PART:
		break;
	}
	return STR("");
}

struct caching_fetch *caching_store_prepare(struct exchange *x,
    enum fetch_what what)
{
	struct arena mark = x->arena;
	struct str ask = lines_of(x, what);
	struct exchange *errand = errand_make(x, ask);
	struct caching_fetch *f = NULL;

	arena_rewind(&x->arena, &mark);
	if (errand == NULL)
		return NULL;
	f = ARENA_NEW(&errand->arena, struct caching_fetch);
	if (f != NULL) {
		f->x = errand;
		f->validates = what == FETCH_VALIDATE && ask.n > 0;
		f->wants_rest = what == FETCH_REST && ask.n > 0;
		f->lines_n = ask.n;
		f->is_part = what == FETCH_PART;
		f->may_be_stale =
		    what == FETCH_VALIDATE && x->caching->reuse.if_error;
	}
	if (f == NULL || !fill_in(f, x)) {
		errand_free(&errand);
		return NULL;
	}
	return f;
}

/* ---- the reply's head ---- */

static void mark(struct caching_fetch *f)
{
	bool error = f->reply.head.status >= ERRORS_FROM;

	if (cache_reason_lasts(f->reason))
		cache_mark(&f->object,
		    loop_now() + (error ? MARK_ERROR_FOR : MARK_FOR),
		    f->reason);
	else
		cache_abort(&f->object, CACHING_GO_ALONE);
	wait_tell(f->key.id);
}

bool caching_store_validated(struct caching_fetch *f)
{
	struct renewal r = {.conf = f->conf,
	    .fetch = &f->object,
	    .object = &f->stale_object,
	    .meta = &f->stale_meta,
	    .stored = &f->stale,
	    .newer = &f->reply,
	    .asked = f->asked,
	    .most = caching_most(f->conf)};
	bool renewed;

	if (!update_selects(&f->reply.head, &f->stale))
		return false;
	f->holds = false;
	renewed = caching_renew(f->x, &r);
	f->own = r.own;
	wait_tell(f->key.id);
	return renewed;
}

void caching_store_begin_anew(struct caching_fetch *f)
{
	struct exchange *x = f->x;

	f->validates = f->wants_rest = false;
	f->asked = loop_now();
	errand_say_less(x, f->lines_n);
	x->connected = x->first_byte = 0;
	if (!f->holds)
		f->holds = cache_begin(&f->key, &f->object);
}

bool caching_store_is_error(const struct caching_fetch *f)
{
	return f->may_be_stale && storable_is_error(f->reply.head.status);
}

bool caching_store_publish(struct caching_fetch *f)
{
	cache_release(&f->stale_object);
	f->reason = caching_store_head(f);
	f->stored = f->reason == CACHE_REASON_NONE;
	if (!f->stored)
		mark(f);
	wait_tell(f->key.id);
	return f->stored;
}

/* ---- its body ---- */

/* There is none to be had: those who read make some, unless nobody does. */
static bool wait_for_room(struct caching_fetch *f)
{
	if (!f->is_outgrown && (f->size_is_known || !cache_outgrow(&f->object)))
		return false;
	f->is_outgrown = true;
	return wait_change(wait_room(f->key.id), NULL, NULL,
		   loop_now() + LOOK_AGAIN) != -ECANCELED;
}

/* It wakes who waits; and looks once more when it has said that it will. */
static char *find_room(struct caching_fetch *f, size_t want, size_t *n_r)
{
	char *room = cache_room(&f->object, want, n_r);

	if (room != NULL || !f->is_outgrown)
		return room;
	cache_await(&f->object);
	return cache_room(&f->object, want, n_r);
}

bool caching_store_put(struct caching_fetch *f, struct str piece)
{
	while (piece.n > 0) {
		size_t n;
		char *room = find_room(f, piece.n, &n);

		if (room == NULL && !wait_for_room(f))
			return false;
		if (room == NULL)
			continue;
		n = n < piece.n ? n : piece.n;
		memcpy(room, piece.p, n);
		if (!cache_grow(&f->object, n))
			return false;
		wait_tell(f->key.id);
		f->size += n;
		piece = str_behind(piece, n);
	}
	if (f->size <= caching_most(f->conf) || f->is_outgrown)
		return true;
	f->is_outgrown = true;
	return cache_outgrow(&f->object);
}

/* 1 when all of it is stored. */
static int take_body(struct caching_fetch *f)
{
	struct source *s = f->reply.source;
	struct str piece;
	int got;

	do {
		got = s->pull(s, &piece);
		if (got > 0 && !caching_store_put(f, piece))
			return -1;
		if (got > 0 && fiber_charge(piece.n) < 0)
			return -1;
	} while (got > 0 && !s->ended);
	return got < 0 ? -1 : 1;
}

/* Part and rest, in their order. */
static int take_both(struct caching_fetch *f)
{
	bool part_first = f->stale_meta.first == 0;

	if ((part_first && !caching_rest_copy(f)) || take_body(f) < 0 ||
	    (!part_first && !caching_rest_copy(f)))
		return -1;
	return f->size == f->stale_meta.complete ? 1 : -1;
}

void caching_store_fill(struct caching_fetch *f)
{
	if ((f->joins ? take_both(f) : take_body(f)) > 0) {
		cache_finish(&f->object);
		count(cache_stored);
	} else {
		cache_abort(&f->object, CACHE_REASON_broken);
	}
	wait_tell(f->key.id);
}

/* ---- no reply ---- */

void caching_store_fail(struct caching_fetch *f)
{
	uint16_t why = f->x->end != END_NONE ? (uint16_t)f->x->end
					     : CACHING_ERROR;

	f->reason = CACHE_REASON_failed;
	cache_abort(&f->object, why);
	wait_tell(f->key.id);
}
