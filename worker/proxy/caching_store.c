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
#include "worker/proxy/errand.h"
#include "worker/proxy/hide.h"

#define MARK_FOR (60 * USEC_PER_SEC)
#define MARK_ERROR_FOR USEC_PER_SEC /* what is wrong may soon be right */
#define ERRORS_FROM 500
#define LOOK_AGAIN (USEC_PER_SEC / 2)
#define VARIANT_ROOM 4096

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
	return record_decode(str_make(p, found->record.n), a, &f->stale);
}

/* What asks whether it is still good, in X's arena. */
static struct str conditions(struct exchange *x)
{
	struct message stored;

	if (!record_decode(x->caching->found.record, &x->arena, &stored))
		return STR("");
	return caching_conditions(x, &stored);
}

static bool fill_in(struct caching_fetch *f, const struct exchange *x)
{
	const struct caching *c = x->caching;
	char *text = arena_strdup(&f->x->arena, c->key.text);

	f->conf = c->conf;
	f->key = c->key;
	f->key.text.p = text;
	f->asked = loop_now();
	/* Asked for is the whole, whatever is at the client. */
	condition_drop(&f->x->request);
	return text != NULL &&
	    (!f->validates || keep_stale(f, &c->found));
}

struct caching_fetch *caching_store_prepare(struct exchange *x, bool validate)
{
	struct arena mark = x->arena;
	struct str lines = validate ? conditions(x) : STR("");
	struct exchange *errand = errand_make(x, lines);
	struct caching_fetch *f = NULL;

	arena_rewind(&x->arena, &mark);
	if (errand == NULL)
		return NULL;
	f = ARENA_NEW(&errand->arena, struct caching_fetch);
	if (f != NULL) {
		f->x = errand;
		f->validates = lines.n > 0;
		f->lines_n = lines.n;
		f->may_be_stale = validate && x->caching->reuse.if_error;
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
	wait_tell(f->key.id);
	return renewed;
}

void caching_store_begin_anew(struct caching_fetch *f)
{
	struct exchange *x = f->x;

	f->validates = false;
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

/* Bytes that will follow, as far as is known. */
static int64_t length_of(const struct caching_fetch *f)
{
	const struct framing *framing = &f->reply.head.framing;

	if (framing->kind == FRAMING_NONE)
		return 0;
	if (framing->kind == FRAMING_LENGTH && framing->length <= INT64_MAX)
		return (int64_t)framing->length;
	return CACHE_LENGTH_UNKNOWN;
}

static void judge(struct caching_fetch *f, struct storable *s)
{
	struct storable_ask ask = {.conf = f->conf,
	    .request = &f->x->request,
	    .reply = &f->reply.head,
	    .asked = f->asked,
	    .received = loop_now(),
	    .wall = clock_wall(),
	    .max_object = caching_most(f->conf)};

	storable_judge(&ask, s);
}

/* What it varies by, and what the request has there, go to P. */
static uint16_t vary(struct caching_fetch *f, struct cache_publish *p)
{
	struct message *head = &f->reply.head;
	struct out spec = exchange_out(f->x, VARY_SPEC_MAX);
	struct out variant = exchange_out(f->x, VARIANT_ROOM);

	switch (vary_read(head, &spec)) {
	case VARY_NOTHING:
		break;
	case VARY_FIELDS:
		if (!vary_of_reply(out_text(&spec), &f->x->request, head,
			&variant))
			return CACHE_REASON_vary_hard;
		break;
	case VARY_ANY:
		return CACHE_REASON_vary_any;
	case VARY_HARD:
		return CACHE_REASON_vary_hard;
	}
	p->spec = out_text(&spec);
	p->variant = cache_variant_make(out_text(&variant));
	return CACHE_REASON_NONE;
}

/* Without what tells of its origin, and without fields that are for one. */
static bool make_record(struct caching_fetch *f, const struct storable *s,
    struct str *record_r)
{
	struct reply *reply = &f->reply;
	struct record_plan plan = {.without = s->without,
	    .without_count = s->without_count};
	struct out o;

	hide_traces(f->x, reply);
	if (f->x->end != END_NONE)
		return false;
	plan.extra = reply->extra;
	plan.extra_count = reply->extra_count;
	o = exchange_out(f->x, RECORD_ROOM(reply->head_len,
	    reply->head.field_count + reply->extra_count));
	record_encode(&reply->head, &plan, &o);
	*record_r = out_text(&o);
	return out_ok(&o);
}

/* The reason why it is not stored. */
static uint16_t publish(struct caching_fetch *f)
{
	struct cache_publish p = {.owner_max = f->conf->max_size};
	struct storable s;
	uint16_t reason;

	judge(f, &s);
	if (s.reason != CACHE_REASON_NONE)
		return (uint16_t)s.reason;
	reason = vary(f, &p);
	if (reason != CACHE_REASON_NONE)
		return reason;
	p.meta = s.meta;
	p.meta.length = length_of(f);
	p.owner = hash_id_add(p.owner, str_from(f->x->vhost->name));
	p.tags = STR("");
	f->size_is_known = p.meta.length != CACHE_LENGTH_UNKNOWN;
	if (!f->holds || !make_record(f, &s, &p.record) ||
	    !cache_publish(&f->object, &p))
		return CACHE_REASON_no_room;
	return CACHE_REASON_NONE;
}

bool caching_store_publish(struct caching_fetch *f)
{
	f->reason = publish(f);
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
	return wait_change(f->key.id, NULL, NULL,
		   loop_now() + LOOK_AGAIN) != -ECANCELED;
}

static bool put(struct caching_fetch *f, struct str piece)
{
	while (piece.n > 0) {
		size_t n;
		char *room = cache_room(&f->object, piece.n, &n);

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
		if (got > 0 && !put(f, piece))
			return -1;
		if (got > 0 && fiber_charge(piece.n) < 0)
			return -1;
	} while (got > 0 && !s->ended);
	return got < 0 ? -1 : 1;
}

void caching_store_fill(struct caching_fetch *f)
{
	if (take_body(f) > 0) {
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
