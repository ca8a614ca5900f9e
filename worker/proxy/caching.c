/*
 * caching.c - where the cache meets the way of a request.
 *
 * Runs on the exchange's fiber.  The store is asked, and what it says decides
 * what is done next, until there is a reply or X must go to the origin by
 * itself:
 *
 *	find --> fresh, or good enough -------------------> caching_hit
 *	     --> stale: validate it, or be one who waits for that
 *	     --> nothing: claim it --> ours: fetch it --> find again
 *	                           --> somebody's: wait --> find again
 *	     --> "go by yourself": as without a cache
 *
 * All roads back to "find" have an end: each time around something has
 * happened, and there are LOOKS_MAX of them.
 */
#include "worker/proxy/caching.h"

#include <errno.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/cache/control.h"
#include "worker/cache/wait.h"
#include "worker/http/range.h"
#include "worker/proxy/caching_fetch.h"
#include "worker/proxy/caching_find.h"
#include "worker/proxy/caching_rest.h"
#include "worker/proxy/caching_store.h"
#include "worker/proxy/headers.h"
#include "worker/proxy/mirror.h"
#include "worker/proxy/stay.h"

#define LOOKS_MAX 16
#define RECORD_USUAL 2048
#define LOOK_AGAIN (USEC_PER_SEC / 2) /* if a wake-up was lost */

enum step { ANSWERED, LOOK_ONCE_MORE, WAITED, GO_ALONE };

static enum step fail(struct exchange *x, enum end why)
{
	exchange_fail(x, why);
	return ANSWERED;
}

/* ---- using ---- */

static enum step use(struct exchange *x, struct reply *reply,
    enum cache_use how)
{
	x->cache = how;
	if (caching_hit(x, reply))
		return ANSWERED;
	caching_release(x->caching);
	x->cache = CACHE_USE_miss;
	return GO_ALONE;
}

/* What our own fetch has brought, with what only we get of it. */
static enum step use_fetched(struct exchange *x, struct reply *reply)
{
	enum step step = use(x, reply, x->caching->fetched);

	if (step == ANSWERED && x->end == END_NONE && !reply->is_ours)
		(void)caching_own_give(x, &x->caching->own, reply);
	return step;
}

/* As the fetch that brought it, or that was waited for, says. */
static enum step use_fresh(struct exchange *x, struct reply *reply)
{
	const struct caching *c = x->caching;

	if (c->fetched != CACHE_UNUSED)
		return use_fetched(x, reply);
	return use(x, reply,
	    c->collapsed ? CACHE_USE_collapsed : CACHE_USE_hit);
}

/* ---- fetching ---- */

/* How long others wait for our fetch before they think that it hangs. */
static usec_t patience_of(const struct exchange *x)
{
	const struct conf_pool *pool = x->pool;
	usec_t once = pool->timeouts.connect + pool->timeouts.first_byte;

	return pool->queue.timeout + once * (pool->retry.attempts + 1);
}

static enum step failed(struct exchange *x, struct reply *reply,
    enum end end, enum fault fault)
{
	struct caching *c = x->caching;

	if (c->has_found && c->reuse.if_error) {
		c->reason = CACHE_REASON_failed;
		return use(x, reply, CACHE_USE_stale);
	}
	if (end == END_NONE)
		return GO_ALONE;
	x->fault = fault;
	return fail(x, end);
}

/* Work for one, if it is not somebody's already. */
static enum cache_claim claim(const struct exchange *x,
    struct cache_object *object_r)
{
	const struct caching *c = x->caching;

	return cache_claim(&c->key,
	    c->variant_count > 1 ? &c->variants[1] : NULL, c->found.stamp,
	    patience_of(x), object_r);
}

/* OBJECT is a fetch of ours: what comes of it. */
static enum step fetch(struct exchange *x, struct reply *reply,
    struct cache_object *object, enum fetch_what what)
{
	struct caching *c = x->caching;
	struct caching_fetch *f;

	x->cache = CACHE_USE_miss;
	if (!caching_fetch_start(x, object, what, &f))
		return GO_ALONE;
	mirror(x);
	switch (caching_fetch_await(&f, x, reply)) {
	case FETCH_STORED:
		c->fetched = CACHE_USE_miss;
		return LOOK_ONCE_MORE;
	case FETCH_VALIDATED:
		c->fetched = CACHE_USE_revalidated;
		return LOOK_ONCE_MORE;
	case FETCH_FAILED:
		return failed(x, reply, c->failed, c->failed_fault);
	case FETCH_HANDED:
		if (cache_reason_lasts(c->reason))
			x->cache = CACHE_USE_uncacheable;
		return ANSWERED;
	case FETCH_GOES_ON:
	case FETCH_LEFT:
		break;
	}
	INSIST(x->end != END_NONE);
	return ANSWERED;
}

/* Without a claim: nobody waits for it, and it is stored if it may be. */
static enum step fetch_alone(struct exchange *x, struct reply *reply,
    enum fetch_what what)
{
	struct cache_object object;

	if (!cache_begin(&x->caching->key, &object))
		return GO_ALONE;
	return fetch(x, reply, &object, what);
}

static enum step wait_for_others(struct exchange *x)
{
	struct caching *c = x->caching;
	int err;

	c->seen = c->collapsed ? c->seen : c->has_found;
	c->seen_born = c->found.meta.born;
	c->collapsed = true;
	err = wait_change(x->caching->key.id, NULL, NULL,
	    loop_now() + LOOK_AGAIN);
	if (err != -ECANCELED)
		return WAITED;
	exchange_fail_client(x, err, END_stopped);
	return ANSWERED;
}

/* One asks the origin, all others wait for it. */
static enum step fetch_together(struct exchange *x, struct reply *reply,
    enum fetch_what what)
{
	struct cache_object object;

	switch (claim(x, &object)) {
	case CACHE_CLAIMED:
		return fetch(x, reply, &object, what);
	case CACHE_WAIT:
		return wait_for_others(x);
	case CACHE_AGAIN:
		return LOOK_ONCE_MORE;
	case CACHE_REFUSED:
		break;
	}
	return GO_ALONE;
}

/* In the background, while X gets what is stale. */
static void validate_behind(struct exchange *x)
{
	struct cache_object object;

	if (!x->caching->found.fetching &&
	    claim(x, &object) == CACHE_CLAIMED)
		(void)caching_fetch_start(x, &object, FETCH_VALIDATE,
		    NULL);
}

/* ---- deciding ---- */

static bool says_no_store(const struct exchange *x)
{
	struct control wishes;

	if (!(x->request.present & FIELD_BIT(FIELD_cache_control)) ||
	    !x->caching->conf->request_directives)
		return false;
	control_read_request(&x->request, &wishes);
	return control_has(&wishes, CONTROL_NO_STORE);
}

/* Nobody is to wait for what may be for X alone; and X has waited once, for
 * what it may not use. */
static bool is_alone(const struct exchange *x, enum fetch_what what)
{
	const struct caching *c = x->caching;

	return !c->conf->collapse || (what == FETCH_VALIDATE && c->collapsed) ||
	    (x->request.present & FIELD_BIT(FIELD_authorization)) != 0 ||
	    says_no_store(x);
}

static enum step ask_origin(struct exchange *x, struct reply *reply,
    enum fetch_what what)
{
	if (x->request.method == METHOD_HEAD)
		return GO_ALONE;
	if (is_alone(x, what))
		return fetch_alone(x, reply, what);
	return fetch_together(x, reply, what);
}

/* Of what is not here: it is not what others want, and the whole may be more
 * than anybody wants. */
static enum step ask_for_part(struct exchange *x, struct reply *reply)
{
	struct range_asked asked;

	if ((x->request.present & FIELD_BIT(FIELD_if_range)) ||
	    !range_read(&x->request, &asked) || asked.count != 1)
		return GO_ALONE;
	return fetch_alone(x, reply, FETCH_PART);
}

/* Does X want what is stored, or nothing? */
static bool is_forbidden(const struct exchange *x)
{
	return reuse_is_forbidden(x->caching->conf, &x->request);
}

static enum step gateway_timeout(struct exchange *x)
{
	x->caching->reason = CACHE_REASON_only_if_cached;
	return fail(x, END_not_cached);
}

static enum step miss(struct exchange *x, struct reply *reply)
{
	struct caching *c = x->caching;

	if (c->fetched != CACHE_UNUSED)
		return GO_ALONE; /* what came for X is gone already */
	c->forward = c->variant_count > 1 ? STATUS_VARY_MISS : STATUS_URI_MISS;
	if (is_forbidden(x))
		return gateway_timeout(x);
	if (x->request.present & FIELD_BIT(FIELD_range))
		return ask_for_part(x, reply);
	return ask_origin(x, reply, FETCH_WHOLE);
}

static enum step stale(struct exchange *x, struct reply *reply)
{
	struct caching *c = x->caching;

	c->forward = c->reuse.reason == CACHE_REASON_stale ||
		c->reuse.reason == CACHE_REASON_must_validate
	    ? STATUS_STALE : STATUS_REQUEST;
	return ask_origin(x, reply, FETCH_VALIDATE);
}

/* It came while X waited, and all who did may have it. */
static bool is_for_all(const struct caching *c)
{
	return c->collapsed && reuse_is_for_all(&c->found.meta, loop_now()) &&
	    !(c->seen && c->seen_born == c->found.meta.born);
}

/* A part that is not what X wants may be the beginning of it. */
static enum step found_part(struct exchange *x, struct reply *reply)
{
	struct caching *c = x->caching;

	if (c->fetched == CACHE_UNUSED && caching_rest_is_wanted(x) &&
	    reuse_judge(c->conf, &x->request, &c->found.meta, loop_now())
		    .what == REUSE_FRESH) {
		c->forward = STATUS_PARTIAL;
		return ask_origin(x, reply, FETCH_REST);
	}
	caching_release(c);
	return miss(x, reply);
}

static enum step found(struct exchange *x, struct reply *reply)
{
	struct caching *c = x->caching;

	if (!caching_has_all(x))
		return found_part(x, reply);
	c->reuse = reuse_judge(c->conf, &x->request, &c->found.meta,
	    loop_now());
	if (c->reuse.what != REUSE_NOT &&
	    (c->fetched != CACHE_UNUSED || is_for_all(c)))
		return use_fresh(x, reply);
	c->reason = (uint16_t)c->reuse.reason;
	switch (c->reuse.what) {
	case REUSE_FRESH:
		return use_fresh(x, reply);
	case REUSE_BACKGROUND:
		validate_behind(x);
		return use(x, reply, CACHE_USE_stale);
	case REUSE_STALE:
		return use(x, reply, CACHE_USE_stale);
	case REUSE_VALIDATE:
		return stale(x, reply);
	case REUSE_NOT:
		if (is_forbidden(x))
			break;
		return fetch_alone(x, reply, FETCH_WHOLE);
	case REUSE_TIMEOUT:
		break;
	}
	return gateway_timeout(x);
}

/* What is there for it is never kept: each asks for itself, at no more cost than
 * without a cache.  If that has changed caching_saw finds out. */
static enum step marked(struct exchange *x)
{
	struct caching *c = x->caching;

	if (is_forbidden(x))
		return gateway_timeout(x);
	c->marked = true;
	c->forward = STATUS_URI_MISS;
	c->reason = c->found.meta.reason;
	x->cache = CACHE_USE_uncacheable;
	return GO_ALONE;
}

/* The end of another process's fetch is ours too, unless it says nothing of
 * the origin. */
static enum step failed_elsewhere(struct exchange *x, struct reply *reply)
{
	struct caching *c = x->caching;
	unsigned why = c->found.meta.reason;

	c->since = loop_now() + 1;
	if (why == CACHING_GO_ALONE)
		return fetch_alone(x, reply, FETCH_WHOLE);
	if (caching_find(x) == CACHE_FOUND)
		c->reuse = reuse_judge(c->conf, &x->request, &c->found.meta,
		    loop_now());
	if (why < END_COUNT && end_side((enum end)why) == END_BY_ORIGIN)
		return failed(x, reply, (enum end)why, FAULT_NONE);
	if (why == CACHING_ERROR && c->has_found && c->reuse.if_error)
		return use(x, reply, CACHE_USE_stale);
	return LOOK_ONCE_MORE;
}

static enum step look(struct exchange *x, struct reply *reply)
{
	uint16_t why = CACHE_REASON_busy;

	switch (caching_find(x)) {
	case CACHE_FOUND:
		return found(x, reply);
	case CACHE_NOTHING:
		return miss(x, reply);
	case CACHE_MARKED:
		return marked(x);
	case CACHE_FAILED:
		return failed_elsewhere(x, reply);
	case CACHE_CROWDED:
		if (caching_hit_crowded(x, reply))
			return ANSWERED;
		why = CACHE_REASON_crowded;
		break;
	case CACHE_VARIES:
	case CACHE_LARGE:
	case CACHE_BUSY:
		break;
	}
	x->caching->reason = why;
	x->cache = CACHE_USE_bypass;
	return GO_ALONE;
}

/* ---- from the outside ---- */

static bool begin(struct exchange *x)
{
	struct caching *c = ARENA_NEW(&x->arena, struct caching);

	x->caching = c;
	if (c == NULL || !caching_make_room(x, RECORD_USUAL)) {
		x->caching = NULL;
		return false;
	}
	c->conf = x->scope->cache;
	c->since = loop_now();
	return true;
}

static bool bypass(struct exchange *x)
{
	x->cache = CACHE_USE_bypass;
	x->caching->forward = x->caching->reason == CACHE_REASON_method
	    ? STATUS_METHOD : STATUS_BYPASS;
	return false;
}

bool caching_answer(struct exchange *x, struct reply *reply)
{
	enum step step = LOOK_ONCE_MORE;

	if (!cache_is_there() || !begin(x))
		return false;
	if (caching_purge(x, reply))
		return true;
	x->caching->reason = (uint16_t)caching_why_not(x);
	if (x->caching->reason != CACHE_REASON_NONE)
		return bypass(x);
	exchange_has_all(x, 0); /* there is no body: who hangs up has left */
	headers_hide_from_origin(x);
	if (!stay_hide(x))
		return true;
	if (!caching_make_key(x)) {
		x->caching->reason = CACHE_REASON_key_long;
		return bypass(x);
	}
	for (int i = 0; i < LOOKS_MAX && step != ANSWERED && step != GO_ALONE;
	     i += step == LOOK_ONCE_MORE)
		step = look(x, reply);
	return step == ANSWERED;
}

enum cache_result caching_look_up(struct exchange *x)
{
	enum cache_result result;

	if (!begin(x))
		return CACHE_BUSY;
	x->caching->reason = (uint16_t)caching_why_not(x);
	if (x->caching->reason != CACHE_REASON_NONE)
		return CACHE_BUSY;
	if (!caching_make_key(x)) {
		x->caching->reason = CACHE_REASON_key_long;
		return CACHE_BUSY;
	}
	result = caching_find(x);
	if (result == CACHE_FOUND)
		x->caching->reuse = reuse_judge(x->caching->conf, &x->request,
		    &x->caching->found.meta, loop_now());
	return result;
}

void caching_end(struct exchange *x)
{
	if (x->caching != NULL)
		caching_release(x->caching);
}
