/*
 * test_cache_reuse.c - what may be done with a stored reply, for this request.
 *
 * The reply is 100 seconds old; the table says how long it is fresh still
 * (negative: for how long it was stale), and for how much longer it may be used.
 */
#include "tests/unit/test_cache_policy.h"
#include "worker/cache/reuse.h"
#include "worker/cache/storable.h"

#define NOW (1000000 * USEC_PER_SEC)
#define AGE (100 * USEC_PER_SEC)
#define CC "Cache-Control: "
#define AUTH "Authorization: Basic YTpi"

static const struct conf_cache listening = {.request_directives = true};
static const struct conf_cache deaf = {.request_directives = false};

static const struct reuse_case {
	const char *title;
	const char *request;
	int fresh;	 /* seconds */
	int background;	 /* behind that */
	int error;	 /* behind that */
	unsigned flags;
	const char *verdict; /* and "error": it may be used if the origin fails */
} cases[] = {
    {"fresh", "", 10, 0, 0, 0, "fresh"},
    {"fresh for a second", "", 1, 0, 0, 0, "fresh"},
    {"stale from the moment on that it says", "", 0, 0, 0, 0,
	"validate stale"},
    {"stale", "", -10, 0, 0, 0, "validate stale"},
    {"stale, to be validated in the background", "", -10, 20, 0, 0,
	"background stale"},
    {"too stale for that", "", -20, 20, 0, 0, "validate stale"},
    {"stale, but for errors", "", -10, 0, 20, 0, "validate stale error"},
    {"too stale for errors", "", -20, 0, 20, 0, "validate stale"},
    {"both", "", -10, 20, 20, 0, "background stale"},
    {"first one, then the other", "", -10, 5, 20, 0, "validate stale error"},
    {"must-revalidate", "", 10, 0, 0, STORABLE_NOT_STALE, "fresh"},
    {"must-revalidate, stale", "", -10, 0, 0, STORABLE_NOT_STALE,
	"validate stale"},
    {"no-cache", "", 0, 0, 0, STORABLE_NOT_STALE | STORABLE_VALIDATE,
	"validate must_validate"},
    {"no-cache, whatever its times say", "", 10, 10, 10, STORABLE_VALIDATE,
	"validate must_validate"},
    {"immutable", "", 10, 0, 0, STORABLE_IMMUTABLE, "fresh"},
    {"immutable, stale", "", -10, 0, 0, STORABLE_IMMUTABLE,
	"validate stale"},
    /* requests that want it newer: RFC 9111, 5.2.1 */
    {"no-cache of the request", CC "no-cache", 10, 0, 0, 0,
	"validate request_no_cache error"},
    {"Pragma of the request", "Pragma: no-cache", 10, 0, 0, 0,
	"validate request_no_cache error"},
    {"no-cache of a stale one", CC "no-cache", -10, 20, 0, 0,
	"validate request_no_cache"},
    {"no-cache, and the origin fails", CC "no-cache", -10, 0, 20, 0,
	"validate request_no_cache error"},
    {"max-age=0", CC "max-age=0", 10, 0, 0, 0,
	"validate request_max_age error"},
    {"max-age less than its age", CC "max-age=99", 10, 0, 0, 0,
	"validate request_max_age error"},
    {"max-age as its age", CC "max-age=100", 10, 0, 0, 0, "fresh"},
    {"max-age beyond", CC "max-age=3600", 10, 0, 0, 0, "fresh"},
    {"max-age does not make it fresh", CC "max-age=3600", -10, 0, 0, 0,
	"validate stale"},
    {"max-age leaves no room for stale ones", CC "max-age=3600", -10, 20, 0,
	0, "validate stale"},
    {"max-age that can't be read is 0", CC "max-age=x", 10, 0, 0, 0,
	"validate request_max_age error"},
    {"min-fresh", CC "min-fresh=10", 10, 0, 0, 0, "fresh"},
    {"min-fresh of more", CC "min-fresh=11", 10, 0, 0, 0,
	"validate request_min_fresh error"},
    {"min-fresh of a stale one", CC "min-fresh=0", -10, 20, 0, 0,
	"validate stale"},
    {"immutable, reloaded", CC "max-age=0", 10, 0, 0, STORABLE_IMMUTABLE,
	"fresh"},
    {"immutable, by force", CC "no-cache", 10, 0, 0, STORABLE_IMMUTABLE,
	"validate request_no_cache error"},
    {"immutable, stale and reloaded", CC "max-age=0", -10, 0, 0,
	STORABLE_IMMUTABLE, "validate stale"},
    /* requests that take it older */
    {"max-stale", CC "max-stale", -10, 0, 0, 0, "stale stale"},
    {"max-stale as much", CC "max-stale=10", -10, 0, 0, 0, "stale stale"},
    {"max-stale of less", CC "max-stale=9", -10, 0, 0, 0, "validate stale"},
    {"max-stale that can't be read", CC "max-stale=x", -10, 0, 0, 0,
	"validate stale"},
    {"max-stale of a fresh one", CC "max-stale=5", 10, 0, 0, 0, "fresh"},
    {"max-stale and max-age", CC "max-stale, max-age=200", -10, 0, 0, 0,
	"stale stale"},
    {"max-stale and less max-age", CC "max-stale, max-age=50", -10, 0, 0, 0,
	"validate stale"},
    {"max-stale against must-revalidate", CC "max-stale", -10, 0, 0,
	STORABLE_NOT_STALE, "validate stale"},
    {"max-stale against no-cache", CC "max-stale", 0, 0, 0,
	STORABLE_VALIDATE | STORABLE_NOT_STALE, "validate must_validate"},
    {"max-stale and no-cache of the request", CC "max-stale, no-cache", -10,
	0, 0, 0, "validate request_no_cache"},
    {"stale-if-error of the request", CC "stale-if-error=20", -10, 0, 0, 0,
	"validate stale error"},
    {"stale-if-error of less", CC "stale-if-error=5", -10, 0, 0, 0,
	"validate stale"},
    {"stale-if-error takes nothing away", CC "stale-if-error=0", -10, 0, 20,
	0, "validate stale error"},
    {"stale-if-error against must-revalidate", CC "stale-if-error=20", -10, 0,
	0, STORABLE_NOT_STALE, "validate stale"},
    /* without the origin */
    {"only-if-cached", CC "only-if-cached", 10, 0, 0, 0, "fresh"},
    {"only-if-cached, stale", CC "only-if-cached", -10, 0, 0, 0,
	"timeout only_if_cached"},
    {"only-if-cached, and any will do", CC "only-if-cached, max-stale", -10,
	0, 0, 0, "stale stale"},
    {"only-if-cached, too old", CC "only-if-cached, max-age=5", 10, 0, 0, 0,
	"timeout only_if_cached"},
    {"only-if-cached, in the background", CC "only-if-cached", -10, 20, 0, 0,
	"background stale"},
    /* for whom */
    {"Authorization", AUTH, 10, 0, 0, 0, "not authorization"},
    {"Authorization, and it is for all", AUTH, 10, 0, 0, STORABLE_SHARED,
	"fresh"},
    {"extensions and junk", CC "foo, no-transform, \"no-cache\", =", 10, 0, 0,
	0, "fresh"},
};

static void tell(const struct reuse *r, struct out *o)
{
	static const char *const names[] = {[REUSE_FRESH] = "fresh",
	    [REUSE_STALE] = "stale",
	    [REUSE_BACKGROUND] = "background",
	    [REUSE_VALIDATE] = "validate",
	    [REUSE_NOT] = "not",
	    [REUSE_TIMEOUT] = "timeout"};

	out_str(o, str_from(names[r->what]));
	if (r->reason != CACHE_REASON_NONE)
		out_fmt(o, " %s", cache_reason_name(r->reason));
	if (r->if_error)
		out_lit(o, " error");
}

static struct cache_meta meta_of(const struct reuse_case *row)
{
	usec_t fresh_until = NOW + row->fresh * USEC_PER_SEC;

	return (struct cache_meta){.status = 200,
	    .flags = (uint16_t)row->flags,
	    .born = NOW - AGE,
	    .fresh_until = fresh_until,
	    .while_revalidate_until =
		fresh_until + row->background * USEC_PER_SEC,
	    .if_error_until = fresh_until + row->error * USEC_PER_SEC};
}

START_TEST(stored_reply_is_used)
{
	const struct reuse_case *row = &cases[_i];
	struct cache_meta meta = meta_of(row);
	char text[128];
	struct out o = out_make(text, sizeof(text));
	struct parsed p;
	struct reuse r;

	policy_request(&p, row->request);
	r = reuse_judge(&listening, &p.m, &meta, NOW);
	tell(&r, &o);
	ck_assert_msg(str_eq(out_text(&o), str_from(row->verdict)),
	    "%s: \"%" PRI_STR "\", not \"%s\"", row->title,
	    ARG_STR(out_text(&o)), row->verdict);
	parsed_free(&p);
}
END_TEST

START_TEST(directives_of_requests_can_be_ignored)
{
	static const char *const lines[] = {CC "no-cache", CC "max-age=0",
	    CC "min-fresh=1000", "Pragma: no-cache", CC "only-if-cached"};
	static const struct reuse_case fresh = {.fresh = 10};
	struct cache_meta meta = meta_of(&fresh);

	for (int i = 0; i < COUNT(lines); i++) {
		struct parsed p;

		policy_request(&p, lines[i]);
		ck_assert_int_eq(reuse_judge(&deaf, &p.m, &meta, NOW).what,
		    REUSE_FRESH);
		ck_assert(!reuse_is_forbidden(&deaf, &p.m));
		parsed_free(&p);
	}
}
END_TEST

START_TEST(origin_is_asked_but_for_only_if_cached)
{
	static const struct {
		const char *lines;
		bool forbidden;
	} rows[] = {{"", false}, {CC "no-cache", false},
	    {CC "only-if-cached", true}, {CC "max-age=1, Only-If-Cached", true},
	    {CC "only-if-cached=1", false}};

	for (int i = 0; i < COUNT(rows); i++) {
		struct parsed p;

		policy_request(&p, rows[i].lines);
		ck_assert_int_eq(reuse_is_forbidden(&listening, &p.m),
		    rows[i].forbidden);
		parsed_free(&p);
	}
}
END_TEST

START_TEST(who_waited_is_given_only_what_is_fresh)
{
	struct reuse_case row = {.fresh = 1};
	struct cache_meta meta = meta_of(&row);

	ck_assert(reuse_is_for_all(&meta, NOW));
	meta.flags = STORABLE_VALIDATE;
	ck_assert(!reuse_is_for_all(&meta, NOW));
	row = (struct reuse_case){.fresh = 0, .background = 10};
	meta = meta_of(&row);
	ck_assert(!reuse_is_for_all(&meta, NOW));
}
END_TEST

START_TEST(any_bytes_for_times_do_no_harm)
{
	static const usec_t wild[] = {INT64_MIN, INT64_MAX, 0, -1, NOW};
	struct parsed p;

	policy_request(&p, CC "max-age=5, max-stale=3, stale-if-error=9");
	for (int i = 0; i < COUNT(wild) * COUNT(wild); i++) {
		struct cache_meta meta = {.born = wild[i % COUNT(wild)],
		    .fresh_until = wild[i / COUNT(wild)],
		    .while_revalidate_until = wild[i % COUNT(wild)],
		    .if_error_until = wild[i / COUNT(wild)]};

		reuse_judge(&listening, &p.m, &meta, NOW);
	}
	parsed_free(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_reuse");
	TCase *tcase = tcase_create("reuse");

	tcase_add_loop_test(tcase, stored_reply_is_used, 0, COUNT(cases));
	tcase_add_test(tcase, directives_of_requests_can_be_ignored);
	tcase_add_test(tcase, origin_is_asked_but_for_only_if_cached);
	tcase_add_test(tcase, who_waited_is_given_only_what_is_fresh);
	tcase_add_test(tcase, any_bytes_for_times_do_no_harm);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
