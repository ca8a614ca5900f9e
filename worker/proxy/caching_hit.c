/*
 * caching_hit.c - what was found becomes a reply.
 *
 * Runs on the exchange's fiber.  The head is not parsed: a record says where
 * its fields lie, and they are sent as they stand there.  What tells of the
 * origin was taken off when it was stored; what is the client's (cookies of
 * ours, headers.response) comes behind us, as for every reply.
 *
 *	record --> reply.head   + Age, Cache-Status
 *	object --> reply.source
 *
 * RFC 9111, 4 and 5.1; conditions are RFC 9110, 13, and come before ranges.
 */
#include "worker/proxy/caching.h"

#include "common/base/insist.h"
#include "worker/cache/condition.h"
#include "worker/cache/record.h"
#include "worker/conn/block.h"
#include "worker/http/range.h"
#include "worker/proxy/caching_ranges.h"
#include "worker/proxy/caching_source.h"
#include "worker/proxy/error_page.h"
#include "worker/proxy/headers.h"
#include "worker/proxy/ours.h"

#define SECONDS_MAX sizeof("2147483648")
#define AGE_MAX ((usec_t)1 << 31) /* RFC 9111, 1.2.2 */

#define CONDITIONS                                                             \
	(FIELD_BIT(FIELD_if_match) | FIELD_BIT(FIELD_if_none_match) |          \
	    FIELD_BIT(FIELD_if_modified_since) |                               \
	    FIELD_BIT(FIELD_if_unmodified_since))

/* ---- Age ---- */

static usec_t age_of(const struct cache_meta *meta)
{
	usec_t age = (loop_now() - meta->born) / USEC_PER_SEC;

	if (age < 0)
		return 0;
	return age < AGE_MAX ? age : AGE_MAX;
}

/* Was it made, or found good, for this very request? */
static bool is_new(const struct exchange *x)
{
	return x->cache == CACHE_USE_miss ||
	    x->cache == CACHE_USE_revalidated;
}

static void add_age(struct exchange *x, struct reply *reply)
{
	usec_t age = age_of(&x->caching->found.meta);
	struct out o;

	if (reply->source == NULL || (age == 0 && is_new(x)) ||
	    !headers_leave(x, STR("Age")))
		return;
	o = exchange_out(x, SECONDS_MAX);
	out_u64(&o, (uint64_t)age);
	if (out_ok(&o))
		reply_add(reply, STR("Age"), out_text(&o));
	else
		exchange_fail(x, END_overloaded);
}

/* ---- the body ---- */

static struct framing frame_of(const struct exchange *x,
    const struct reply *reply)
{
	uint64_t length;

	if (reply->head.status == 204)
		return (struct framing){.kind = FRAMING_NONE};
	if (caching_complete(&x->caching->found.meta, &length))
		return (struct framing){.kind = FRAMING_LENGTH,
		    .length = length};
	return (struct framing){.kind = FRAMING_STREAM};
}

/* All of it, or nothing when its head alone is wanted. */
static void give_all(struct exchange *x, struct caching_source *s,
    struct reply *reply)
{
	struct framing *f = &reply->head.framing;

	*f = frame_of(x, reply);
	if (x->request.method == METHOD_HEAD)
		*f = (struct framing){.kind = FRAMING_NONE,
		    .length_said = f->kind == FRAMING_LENGTH,
		    .length = f->length};
	if (f->kind == FRAMING_NONE)
		caching_source_set(s, NULL, 0);
}

/* ---- other answers ---- */

static void give_not_modified(struct caching_source *s, struct reply *reply)
{
	condition_strip(&reply->head);
	reply->head.status = 304;
	reply->head.reason = h1_reason(304);
	reply->head.framing = (struct framing){.kind = FRAMING_NONE};
	caching_source_set(s, NULL, 0);
}

/* 416, with what it might ask for. */
static void refuse_range(struct exchange *x, struct reply *reply)
{
	struct str *words = ARENA_NEW(&x->arena, struct str);
	struct out o = exchange_out(x, RANGE_TEXT_MAX);
	struct h1_field range = {STR("Content-Range"), STR_NONE};
	struct h1_simple simple = {.status = 416,
	    .extra = &range,
	    .extra_count = 1};
	uint64_t complete = 0;

	reply->source->close(reply->source);
	reply->source = NULL;
	(void)caching_complete(&x->caching->found.meta, &complete);
	range_write_outside(&o, complete);
	if (words == NULL || !out_ok(&o)) {
		exchange_fail(x, END_overloaded);
		return;
	}
	range.value = out_text(&o);
	*words = error_page_words(416);
	reply->body = words;
	reply->body_count = 1;
	ours_make(x, &simple, reply);
}

/* ---- all of it ---- */

/* The second since 1970 in which it came. */
static int64_t birthday(const struct cache_meta *meta, usec_t wall)
{
	return (wall - (loop_now() - meta->born)) / USEC_PER_SEC;
}

static enum condition check(const struct exchange *x,
    const struct message *head)
{
	usec_t wall;

	if (likely(!(x->request.present & CONDITIONS)) ||
	    (head->status != 200 && head->status != 206))
		return CONDITION_HOLDS;
	wall = clock_wall();
	return condition_check(&x->request, head,
	    birthday(&x->caching->found.meta, wall), wall);
}

static enum caching_choice choose_parts(struct exchange *x,
    struct caching_source *s, struct reply *reply)
{
	if (likely(!(x->request.present & FIELD_BIT(FIELD_range)) &&
		x->caching->found.meta.complete == 0))
		return CACHING_ALL;
	if (reply->head.status != 200 && reply->head.status != 206)
		return CACHING_ALL;
	return caching_ranges(x, s, reply);
}

/* What X is to get of what S yields.  False: that is not what it wants. */
static bool shape(struct exchange *x, struct caching_source *s,
    struct reply *reply)
{
	switch (check(x, &reply->head)) {
	case CONDITION_NOT_MODIFIED:
		give_not_modified(s, reply);
		return true;
	case CONDITION_UNMET:
		return false;
	case CONDITION_HOLDS:
		break;
	}
	switch (choose_parts(x, s, reply)) {
	case CACHING_OTHER:
		return false;
	case CACHING_OUTSIDE:
		refuse_range(x, reply);
		return true;
	case CACHING_ALL:
		give_all(x, s, reply);
		return true;
	case CACHING_PARTS:
		break;
	}
	return true;
}

/* Does META say what may be? */
static bool is_sane(const struct cache_meta *m)
{
	uint64_t most = BODY_LENGTH_MAX;

	return m->length >= CACHE_LENGTH_UNKNOWN &&
	    m->length <= (int64_t)most && m->complete <= most &&
	    (m->complete == 0 ||
		(m->length > 0 && m->first < m->complete &&
		    (uint64_t)m->length <= m->complete - m->first));
}

/* Cookies that were stored when set_cookie said so are for nobody any more when
 * it says something else. */
static bool has_old_cookies(const struct exchange *x,
    const struct message *head)
{
	return (head->present & FIELD_BIT(FIELD_set_cookie)) &&
	    x->caching->conf->set_cookie != CONF_SET_COOKIE_STORE;
}

/* Of COPY, a BODY block that becomes the source's, or of what is pinned. */
static bool make(struct exchange *x, char *copy, struct reply *reply)
{
	const struct cache_found *found = &x->caching->found;
	struct caching_source *s = arena_alloc(&x->arena, sizeof(*s));

	if (s == NULL || !is_sane(&found->meta) ||
	    !record_decode(found->record, &x->arena, &reply->head) ||
	    has_old_cookies(x, &reply->head))
		return false;
	caching_source_init(s, x, copy);
	reply->source = &s->source;
	reply->head_len = found->record.n;
	reply->is_bare = true;
	if (!shape(x, s, reply)) {
		reply->source = NULL;
		return false;
	}
	add_age(x, reply);
	return true;
}

bool caching_hit(struct exchange *x, struct reply *reply)
{
	INSIST(x->cache != CACHE_UNUSED);
	return make(x, NULL, reply);
}

/* ---- crowded ---- */

/* What was found, its body copied to BLOCK: fresh, as nothing else is used. */
static bool copy(struct exchange *x, char *block)
{
	struct caching *c = x->caching;

	if (cache_copy(&c->key, c->variants, c->variant_count, &c->found,
		block, BLOCK_BODY_SIZE) < 0)
		return false;
	c->reuse = reuse_judge(c->conf, &x->request, &c->found.meta,
	    loop_now());
	return c->reuse.what == REUSE_FRESH;
}

bool caching_hit_crowded(struct exchange *x, struct reply *reply)
{
	void *block;

	if (block_is_scarce() || block_take_body(&block) < 0)
		return false;
	x->cache = CACHE_USE_hit;
	if (copy(x, block) && make(x, block, reply))
		return true;
	block_give_body(block);
	return false;
}
