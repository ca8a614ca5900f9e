/*
 * storable.c - may a reply be kept, and how is it to be used then?
 *
 * Runs in workers: of each reply to a request that the cache was asked for.
 * RFC 9111, 3, as a list of questions; the first that is answered with no says
 * why:
 *
 *	the request    GET; not no-store
 *	the status     final; one that nobody may keep (RFC 6585); understood,
 *	               if it must be
 *	the reply      no-store, private; Authorization (3.5); Set-Cookie
 *	its size
 *	its use        fresh, or of use when it is stale, or to be validated
 *
 * Set-Cookie is not the RFC's: it allows to keep such replies, and with them
 * one user's session for all.
 *
 * Stale use (4.2.4, RFC 5861) ends where the origin forbids it: s-maxage, too,
 * has in it what proxy-revalidate says (5.2.2.10).
 */
#include "worker/cache/storable.h"

#include "worker/cache/fresh.h"
#include "worker/cache/targeted.h"

/* What is asked in several places. */
struct judging {
	const struct storable_ask *ask;
	struct control control; /* of the reply */
	bool targeted;
};

static bool has(const struct judging *j, enum control_directive d)
{
	return control_has(&j->control, d);
}

static bool is_there(const struct message *m, enum field_id id)
{
	return m->present & FIELD_BIT(id);
}

/* ---- the request ---- */

static enum cache_reason judge_request(const struct message *request)
{
	struct control control;

	if (request->method != METHOD_GET)
		return CACHE_REASON_method;
	control_read_request(request, &control);
	return control_has(&control, CONTROL_NO_STORE)
	    ? CACHE_REASON_request_no_store
	    : CACHE_REASON_NONE;
}

/* ---- the status ---- */

/* RFC 6585 forbids these; a 304 is none of its own, a 206 a part. */
static bool is_never_kept(unsigned status)
{
	return status < 200 || status == 304 || status == 428 ||
	    status == 429 || status == 431 || status == 511;
}

/* Those of RFC 9110, whose rules for caches we know; and 451. */
static bool is_understood(unsigned status)
{
	return (status >= 200 && status <= 206) ||
	    (status >= 300 && status <= 303) || status == 307 ||
	    status == 308 || (status >= 400 && status <= 417) ||
	    status == 421 || status == 422 || status == 426 ||
	    status == 451 || (status >= 500 && status <= 505);
}

bool storable_is_error(unsigned status)
{
	return status == 500 || (status >= 502 && status <= 504);
}

static enum cache_reason judge_status(const struct judging *j)
{
	unsigned status = j->ask->reply->status;

	if (is_never_kept(status) ||
	    (has(j, CONTROL_MUST_UNDERSTAND) && !is_understood(status)))
		return CACHE_REASON_status;
	return status == 206 ? CACHE_REASON_partial : CACHE_REASON_NONE;
}

/* ---- the reply ---- */

/* no-store is there for who does not know must-understand (5.2.2.3). */
static bool is_no_store(const struct judging *j)
{
	return has(j, CONTROL_NO_STORE) && !has(j, CONTROL_MUST_UNDERSTAND);
}

/* RFC 9111, 3.5. */
static bool is_shared(const struct judging *j)
{
	return has(j, CONTROL_PUBLIC) || has(j, CONTROL_MUST_REVALIDATE) ||
	    has(j, CONTROL_S_MAXAGE);
}

static bool names_set_cookie(const struct judging *j)
{
	for (unsigned i = 0; i < j->control.list_count; i++) {
		struct str list = j->control.lists[i];
		struct str name;

		while (str_next_token(&list, &name))
			if (str_eq_nocase(name, STR("Set-Cookie")))
				return true;
	}
	return false;
}

static bool is_refused_for_cookies(const struct judging *j)
{
	return j->ask->conf->set_cookie == CONF_SET_COOKIE_REFUSE &&
	    is_there(j->ask->reply, FIELD_set_cookie) && !names_set_cookie(j);
}

static enum cache_reason judge_reply(const struct judging *j)
{
	if (is_no_store(j))
		return CACHE_REASON_no_store;
	if (has(j, CONTROL_PRIVATE))
		return CACHE_REASON_private;
	if (is_there(j->ask->request, FIELD_authorization) && !is_shared(j))
		return CACHE_REASON_authorization;
	return is_refused_for_cookies(j) ? CACHE_REASON_set_cookie
					 : CACHE_REASON_NONE;
}

/* ---- its size ---- */

static int64_t length_of(const struct message *reply)
{
	if (reply->framing.kind == FRAMING_NONE)
		return 0;
	if (reply->framing.kind != FRAMING_LENGTH ||
	    reply->framing.length > INT64_MAX)
		return CACHE_LENGTH_UNKNOWN;
	return (int64_t)reply->framing.length;
}

static enum cache_reason judge_size(const struct storable_ask *ask)
{
	return ask->reply->framing.kind == FRAMING_LENGTH &&
		ask->reply->framing.length > ask->max_object
	    ? CACHE_REASON_large
	    : CACHE_REASON_NONE;
}

/* ---- its use ---- */

/* How long beyond its freshness: what the reply says, or else the operator. */
static usec_t stale_for(const struct judging *j, enum control_directive d,
    usec_t by_conf)
{
	return has(j, d) ? (usec_t)j->control.seconds[d] * USEC_PER_SEC
			 : by_conf;
}

static unsigned flags_of(const struct judging *j)
{
	unsigned flags = 0;

	if (is_shared(j))
		flags |= STORABLE_SHARED;
	if (has(j, CONTROL_MUST_REVALIDATE) ||
	    has(j, CONTROL_PROXY_REVALIDATE) || has(j, CONTROL_S_MAXAGE) ||
	    has(j, CONTROL_NO_CACHE))
		flags |= STORABLE_NOT_STALE;
	if (has(j, CONTROL_NO_CACHE))
		flags |= STORABLE_VALIDATE;
	if (has(j, CONTROL_IMMUTABLE))
		flags |= STORABLE_IMMUTABLE;
	return flags;
}

/* What was never fresh is not served stale because the operator is patient;
 * when the origin fails it may be. */
static void set_times(const struct judging *j, const struct fresh *fresh,
    struct cache_meta *meta)
{
	struct conf_cache_stale stale = j->ask->conf->stale;

	meta->born = fresh->born;
	meta->fresh_until = fresh->until;
	if ((meta->flags & STORABLE_VALIDATE) &&
	    meta->fresh_until > j->ask->received)
		meta->fresh_until = j->ask->received;
	meta->while_revalidate_until = meta->fresh_until;
	meta->if_error_until = meta->fresh_until;
	if (meta->flags & STORABLE_NOT_STALE)
		return;
	if (meta->fresh_until <= j->ask->received)
		stale.while_revalidate = 0;
	meta->while_revalidate_until += stale_for(j,
	    CONTROL_STALE_WHILE_REVALIDATE, stale.while_revalidate);
	meta->if_error_until +=
	    stale_for(j, CONTROL_STALE_IF_ERROR, stale.if_error);
}

/* Stale from its first moment, but good for something? */
static bool is_useful(const struct judging *j, const struct cache_meta *meta)
{
	return meta->fresh_until > j->ask->received ||
	    meta->while_revalidate_until > j->ask->received ||
	    is_there(j->ask->reply, FIELD_etag) ||
	    is_there(j->ask->reply, FIELD_last_modified);
}

/* Without a word of the origin's, or the operator's, nothing is kept: not even
 * to be validated. */
static enum cache_reason judge_use(const struct judging *j,
    struct cache_meta *meta)
{
	struct fresh_ask ask = {.conf = j->ask->conf,
	    .reply = j->ask->reply,
	    .control = &j->control,
	    .targeted = j->targeted,
	    .asked = j->ask->asked,
	    .received = j->ask->received,
	    .wall = j->ask->wall};
	struct fresh fresh;

	fresh_read(&ask, &fresh);
	*meta = (struct cache_meta){.status = (uint16_t)ask.reply->status,
	    .flags = (uint16_t)flags_of(j),
	    .length = length_of(ask.reply)};
	set_times(j, &fresh, meta);
	if ((fresh.by == FRESH_UNSAID && !has(j, CONTROL_NO_CACHE) &&
		!has(j, CONTROL_PUBLIC)) ||
	    !is_useful(j, meta))
		return CACHE_REASON_no_freshness;
	return CACHE_REASON_NONE;
}

/* ---- all of it ---- */

static void list_without(const struct judging *j, struct storable *s)
{
	for (unsigned i = 0; i < j->control.list_count; i++)
		s->without[s->without_count++] = j->control.lists[i];
	s->own_count = s->without_count;
	if (j->ask->conf->set_cookie == CONF_SET_COOKIE_REMOVE)
		s->without[s->without_count++] = STR("Set-Cookie");
}

void storable_judge(const struct storable_ask *ask, struct storable *s)
{
	struct judging j = {.ask = ask};

	*s = (struct storable){.reason = judge_request(ask->request)};
	j.targeted =
	    targeted_read(&ask->conf->targets, ask->reply, &j.control);
	if (s->reason == CACHE_REASON_NONE)
		s->reason = judge_status(&j);
	if (s->reason == CACHE_REASON_NONE)
		s->reason = judge_reply(&j);
	if (s->reason == CACHE_REASON_NONE)
		s->reason = judge_size(ask);
	if (s->reason == CACHE_REASON_NONE)
		s->reason = judge_use(&j, &s->meta);
	if (s->reason == CACHE_REASON_NONE)
		list_without(&j, s);
}
