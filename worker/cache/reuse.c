/*
 * reuse.c - what may be done with a reply that was found, for this request.
 *
 * Runs in workers, at each hit; a request that says nothing costs a few
 * comparisons.
 *
 *	born         received      fresh_until     while_revalidate_until
 *	--+-------------+---------------+-------------------+-----------> time
 *	                '---- fresh ----'--- background ----'-- validate --
 *	                                '- if_error: when the origin fails -
 *
 * What a request asks for beyond that it may be refused (RFC 9111, 5.2.1: it is
 * advice), but that no browser's reload is answered from a cache surprises
 * nobody; request_directives = false is for who is attacked with them.
 */
#include "worker/cache/reuse.h"

#include "worker/cache/control.h"
#include "worker/cache/fresh.h"
#include "worker/cache/storable.h"

static bool is_there(const struct message *m, enum field_id id)
{
	return m->present & FIELD_BIT(id);
}

/* What REQUEST says of caching, if that counts; nothing else is read. */
static void read_wishes(const struct conf_cache *conf,
    const struct message *request, struct control *c)
{
	static const uint64_t fields =
	    FIELD_BIT(FIELD_cache_control) | FIELD_BIT(FIELD_pragma);

	if (conf->request_directives && (request->present & fields))
		control_read_request(request, c);
	else
		c->said = 0;
}

static usec_t seconds_of(const struct control *c, enum control_directive d)
{
	return (usec_t)c->seconds[d] * USEC_PER_SEC;
}

static struct reuse as_it_is(enum reuse_what what, enum cache_reason reason)
{
	return (struct reuse){.what = what, .reason = reason};
}

/* Whatever the age, this client wants to hear it from the origin, or its reply
 * was to be validated each time. */
static enum cache_reason why_validate(const struct control *wishes,
    const struct cache_meta *meta)
{
	if (meta->flags & STORABLE_VALIDATE)
		return CACHE_REASON_must_validate;
	return control_has(wishes, CONTROL_NO_CACHE)
	    ? CACHE_REASON_request_no_cache
	    : CACHE_REASON_NONE;
}

/* What is fresh, but not enough for this client.  An immutable reply is as good
 * as a new one (RFC 8246, 2). */
static enum cache_reason why_too_old(const struct control *wishes,
    const struct cache_meta *meta, usec_t now)
{
	if (wishes->said == 0 || (meta->flags & STORABLE_IMMUTABLE))
		return CACHE_REASON_NONE;
	if (control_has(wishes, CONTROL_MAX_AGE) &&
	    now - meta->born > seconds_of(wishes, CONTROL_MAX_AGE))
		return CACHE_REASON_request_max_age;
	if (control_has(wishes, CONTROL_MIN_FRESH) &&
	    meta->fresh_until - now < seconds_of(wishes, CONTROL_MIN_FRESH))
		return CACHE_REASON_request_min_fresh;
	return CACHE_REASON_NONE;
}

/* max-age and min-fresh of a request leave no room for stale replies, but that
 * max-stale says how much. */
static bool takes_stale(const struct control *wishes,
    const struct cache_meta *meta, usec_t now)
{
	uint32_t limit;

	if ((meta->flags & STORABLE_NOT_STALE) ||
	    !control_has(wishes, CONTROL_MAX_STALE) ||
	    why_too_old(wishes, meta, now) != CACHE_REASON_NONE)
		return false;
	limit = wishes->seconds[CONTROL_MAX_STALE];
	return limit == CONTROL_ANY ||
	    now - meta->fresh_until <= (usec_t)limit * USEC_PER_SEC;
}

static bool wants_fresh(const struct control *wishes)
{
	return control_has(wishes, CONTROL_MAX_AGE) ||
	    control_has(wishes, CONTROL_MIN_FRESH);
}

/* RFC 5861, 4: a request may say it, too. */
static bool may_serve_if_error(const struct control *wishes,
    const struct cache_meta *meta, usec_t now)
{
	usec_t until = meta->if_error_until;

	if (meta->flags & STORABLE_VALIDATE)
		return false;
	if (control_has(wishes, CONTROL_STALE_IF_ERROR) &&
	    !(meta->flags & STORABLE_NOT_STALE) &&
	    until < meta->fresh_until +
		    seconds_of(wishes, CONTROL_STALE_IF_ERROR))
		until = meta->fresh_until +
		    seconds_of(wishes, CONTROL_STALE_IF_ERROR);
	return now < until;
}

static struct reuse validate(const struct control *wishes,
    const struct cache_meta *meta, usec_t now, enum cache_reason reason)
{
	if (control_has(wishes, CONTROL_ONLY_IF_CACHED))
		return as_it_is(REUSE_TIMEOUT, CACHE_REASON_only_if_cached);
	return (struct reuse){.what = REUSE_VALIDATE,
	    .reason = reason,
	    .if_error = may_serve_if_error(wishes, meta, now)};
}

static struct reuse judge_stale(const struct control *wishes,
    const struct cache_meta *meta, usec_t now)
{
	if (takes_stale(wishes, meta, now))
		return as_it_is(REUSE_STALE, CACHE_REASON_stale);
	if (now < meta->while_revalidate_until && !wants_fresh(wishes))
		return as_it_is(REUSE_BACKGROUND, CACHE_REASON_stale);
	return validate(wishes, meta, now, CACHE_REASON_stale);
}

/* Sums and differences of such times don't overflow: what is in the segment may
 * be anything. */
static bool is_sound(const struct cache_meta *meta)
{
	const usec_t times[] = {meta->born, meta->fresh_until,
	    meta->while_revalidate_until, meta->if_error_until};

	for (unsigned i = 0; i < 4; i++)
		if (times[i] > INT64_MAX / 4 || times[i] < INT64_MIN / 4)
			return false;
	return true;
}

struct reuse reuse_judge(const struct conf_cache *conf,
    const struct message *request, const struct cache_meta *meta, usec_t now)
{
	struct control wishes;
	enum cache_reason reason;

	/* Nobody's password is answered with what is not for all. */
	if (is_there(request, FIELD_authorization) &&
	    !(meta->flags & STORABLE_SHARED))
		return as_it_is(REUSE_NOT, CACHE_REASON_authorization);
	if (!is_sound(meta))
		return as_it_is(REUSE_NOT, CACHE_REASON_busy);
	read_wishes(conf, request, &wishes);
	reason = why_validate(&wishes, meta);
	if (reason == CACHE_REASON_NONE && now >= meta->fresh_until)
		return judge_stale(&wishes, meta, now);
	if (reason == CACHE_REASON_NONE)
		reason = why_too_old(&wishes, meta, now);
	if (reason == CACHE_REASON_NONE)
		return as_it_is(REUSE_FRESH, CACHE_REASON_NONE);
	return validate(&wishes, meta, now, reason);
}

bool reuse_is_forbidden(const struct conf_cache *conf,
    const struct message *request)
{
	struct control wishes;

	read_wishes(conf, request, &wishes);
	return control_has(&wishes, CONTROL_ONLY_IF_CACHED);
}

bool reuse_is_for_all(const struct cache_meta *meta, usec_t now)
{
	return now < meta->fresh_until && !(meta->flags & STORABLE_VALIDATE);
}
