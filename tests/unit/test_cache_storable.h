/*
 * test_cache_storable.h - replies, and what a shared cache makes of them, told
 * in words.
 *
 * A verdict is a reason, or: how old the reply was when it came, for how many
 * seconds it is fresh then, for how many more it may be used while it is
 * validated or when the origin fails, its flags, and what is left out.
 */
#ifndef TESTS_UNIT_TEST_CACHE_STORABLE_H
#define TESTS_UNIT_TEST_CACHE_STORABLE_H

#include "tests/unit/test_cache_policy.h"
#include "worker/cache/fresh.h"
#include "worker/cache/storable.h"

#define NOW "Date: Sat, 21 Nov 2026 21:00:00 GMT"
#define WALL (INT64_C(1795294800) * USEC_PER_SEC)
#define RECEIVED (1000000 * USEC_PER_SEC)
#define CC "Cache-Control: "
#define CDN "CDN-Cache-Control: "
#define ETAG "ETag: \"1\"\n"
#define OK "200 OK"
#define AUTH "Authorization: Basic YTpi"

static const struct str cdn_names[] = {STR("CDN-Cache-Control")};

/* What operators say, as the tests name it. */
enum { PLAIN, PATIENT, GUESSING, TTL, REMOVE, STORE };

static const struct conf_cache confs[] = {
    [PLAIN] = {.targets = {cdn_names, 1}},
    [PATIENT] = {.stale = {30 * USEC_PER_SEC, 600 * USEC_PER_SEC}},
    [GUESSING] = {.heuristic = 100000, .heuristic_max = 3600 * USEC_PER_SEC},
    [TTL] = {.default_ttl = 20 * USEC_PER_SEC,
	.negative_ttl = 10 * USEC_PER_SEC},
    [REMOVE] = {.set_cookie = CONF_SET_COOKIE_REMOVE},
    [STORE] = {.set_cookie = CONF_SET_COOKIE_STORE},
};

struct storable_case {
	const char *title;
	const char *status;
	const char *lines;
	const char *verdict;
};

static inline void tell_flags(unsigned flags, struct out *o)
{
	static const char *const names[] = {" shared", " not-stale",
	    " validate", " immutable"};

	for (unsigned i = 0; i < 4; i++)
		if (flags & (1u << i))
			out_str(o, str_from(names[i]));
}

static inline void tell(const struct storable *s, struct out *o)
{
	const struct cache_meta *m = &s->meta;

	if (s->reason != CACHE_REASON_NONE) {
		out_str(o, str_from(cache_reason_name(s->reason)));
		return;
	}
	out_fmt(o, "age %lld fresh %lld",
	    (long long)((RECEIVED - m->born) / USEC_PER_SEC),
	    (long long)((m->fresh_until - RECEIVED) / USEC_PER_SEC));
	if (m->while_revalidate_until != m->fresh_until)
		out_fmt(o, " while %lld",
		    (long long)((m->while_revalidate_until - m->fresh_until) /
			USEC_PER_SEC));
	if (m->if_error_until != m->fresh_until)
		out_fmt(o, " error %lld",
		    (long long)((m->if_error_until - m->fresh_until) /
			USEC_PER_SEC));
	tell_flags(m->flags, o);
	for (unsigned i = 0; i < s->without_count; i++)
		out_fmt(o, " {%" PRI_STR "}", ARG_STR(s->without[i]));
}

static inline void judge(const struct storable_case *row, const char *lines,
    struct storable_ask *ask, struct out *o)
{
	struct parsed request, reply;
	struct storable s;

	policy_request(&request, lines);
	policy_reply(&reply, row->status, row->lines);
	ask->request = &request.m;
	ask->reply = &reply.m;
	storable_judge(ask, &s);
	tell(&s, o);
	parsed_free(&request);
	parsed_free(&reply);
}

static inline void check_case(const struct storable_case *row, const char *lines,
    struct storable_ask *ask)
{
	char text[256];
	struct out o = out_make(text, sizeof(text));

	judge(row, lines, ask, &o);
	ck_assert_msg(str_eq(out_text(&o), str_from(row->verdict)),
	    "%s: \"%" PRI_STR "\", not \"%s\"", row->title,
	    ARG_STR(out_text(&o)), row->verdict);
}

/* One with another configuration, or a request that says something. */
struct special_case {
	struct storable_case that;
	int conf;
	const char *request;
};

static inline struct storable_ask ask_at_once(void)
{
	return (struct storable_ask){.conf = &confs[PLAIN],
	    .asked = RECEIVED,
	    .received = RECEIVED,
	    .wall = WALL,
	    .max_object = 1000};
}

static inline void check_special(const struct special_case *row)
{
	struct storable_ask ask = ask_at_once();

	ask.conf = &confs[row->conf];
	check_case(&row->that, row->request, &ask);
}

#endif
