/*
 * test_cache_condition.c - conditions, what a 304 changes, parts that are
 * stored.
 */
#include "tests/unit/test_head.h"
#include "worker/cache/condition.h"
#include "worker/cache/partial.h"
#include "worker/cache/record.h"
#include "worker/cache/update.h"

#define ROOM 2048
#define WALL (INT64_C(1795294800) * USEC_PER_SEC)
#define RECEIVED INT64_C(1795291200) /* 20:00:00 */

#define DATE "Date: Sat, 21 Nov 2026 19:59:58 GMT\r\n"
#define MODIFIED "Last-Modified: Sat, 21 Nov 2026 19:00:00 GMT\r\n"
#define IMS(time) "If-Modified-Since: Sat, 21 Nov 2026 " time " GMT\r\n"
#define IUS(time) "If-Unmodified-Since: Sat, 21 Nov 2026 " time " GMT\r\n"
#define INM(tags) "If-None-Match: " tags "\r\n"
#define TAG "ETag: \"a\"\r\n"
#define WEAK "ETag: W/\"a\"\r\n"

static void parse(struct parsed *p, const char *start, const char *lines)
{
	char text[ROOM];
	struct out o = out_make(text, ROOM);

	out_fmt(&o, "%s\r\n%s\r\n", start, lines);
	if (start[0] == 'G')
		parse_request(p, out_text(&o));
	else
		parse_reply(p, out_text(&o), METHOD_GET);
	ck_assert_str_eq(fault_name(p->fault), "none");
}

#define GET "GET / HTTP/1.1\r\nHost: x"
#define OK "HTTP/1.1 200 OK"

/* ---- conditions ---- */

static const struct {
	const char *asked;
	const char *stored;
	enum condition condition;
} conditions[] = {
    {"", TAG, CONDITION_HOLDS},
    {INM("\"a\""), TAG, CONDITION_NOT_MODIFIED},
    {INM("W/\"a\""), TAG, CONDITION_NOT_MODIFIED},
    {INM("\"a\""), WEAK, CONDITION_NOT_MODIFIED},
    {INM("W/\"a\""), WEAK, CONDITION_NOT_MODIFIED},
    {INM("\"b\", \"a\" ,\"c\""), TAG, CONDITION_NOT_MODIFIED},
    {INM("\"b\"") INM("\"a\""), TAG, CONDITION_NOT_MODIFIED},
    {INM("*"), TAG, CONDITION_NOT_MODIFIED},
    {INM("*"), "", CONDITION_NOT_MODIFIED},
    {INM("\"b\""), TAG, CONDITION_HOLDS},
    {INM("\"a\""), "", CONDITION_HOLDS},
    {INM("a"), TAG, CONDITION_HOLDS},
    {INM("\"a\""), "ETag: a\r\n", CONDITION_HOLDS},
    {INM("\"A\""), TAG, CONDITION_HOLDS},
    {INM("\"b\" \"a\""), TAG, CONDITION_HOLDS},
    {INM("\"b\"") IMS("20:30:00"), TAG MODIFIED, CONDITION_HOLDS},
    {INM("\"a\"") IMS("18:30:00"), TAG MODIFIED, CONDITION_NOT_MODIFIED},
    {INM("") IMS("20:30:00"), TAG MODIFIED, CONDITION_HOLDS},
    {IMS("19:00:00"), MODIFIED, CONDITION_NOT_MODIFIED},
    {IMS("19:00:01"), MODIFIED, CONDITION_NOT_MODIFIED},
    {IMS("18:59:59"), MODIFIED, CONDITION_HOLDS},
    {"If-Modified-Since: Saturday, 21-Nov-26 19:00:00 GMT\r\n", MODIFIED,
	CONDITION_NOT_MODIFIED},
    {"If-Modified-Since: Sat Nov 21 19:00:00 2026\r\n", MODIFIED,
	CONDITION_NOT_MODIFIED},
    {"If-Modified-Since: yesterday\r\n", MODIFIED, CONDITION_HOLDS},
    {IMS("19:59:58"), DATE, CONDITION_NOT_MODIFIED},
    {IMS("19:59:57"), DATE, CONDITION_HOLDS},
    {IMS("20:00:00"), "", CONDITION_NOT_MODIFIED},
    {IMS("19:59:59"), "", CONDITION_HOLDS},
    {IMS("19:59:59"), DATE "Last-Modified: junk\r\n", CONDITION_NOT_MODIFIED},
    {"If-Match: \"a\"\r\n", TAG, CONDITION_HOLDS},
    {"If-Match: *\r\n", TAG, CONDITION_HOLDS},
    {"If-Match: \"b\"\r\n", TAG, CONDITION_UNMET},
    {"If-Match: W/\"a\"\r\n", TAG, CONDITION_UNMET},
    {"If-Match: \"a\"\r\n", WEAK, CONDITION_UNMET},
    {"If-Match: \"a\"\r\n" INM("\"a\""), TAG, CONDITION_NOT_MODIFIED},
    {"If-Match: \"b\"\r\n" INM("\"a\""), TAG, CONDITION_UNMET},
    {IUS("19:00:00"), MODIFIED, CONDITION_HOLDS},
    {IUS("18:00:00"), MODIFIED, CONDITION_UNMET},
    {IUS("19:00:00"), "", CONDITION_UNMET},
    {"If-Unmodified-Since: junk\r\n", MODIFIED, CONDITION_HOLDS},
    {"If-Match: \"a\"\r\n" IUS("18:00:00"), TAG MODIFIED, CONDITION_HOLDS},
};

START_TEST(what_is_stored_answers_conditions)
{
	struct parsed asked, stored;

	parse(&asked, GET, conditions[_i].asked);
	parse(&stored, OK, conditions[_i].stored);
	ck_assert_int_eq(condition_check(&asked.m, &stored.m, RECEIVED, WALL),
	    conditions[_i].condition);
	stored.m.status = 404;
	ck_assert_int_eq(condition_check(&asked.m, &stored.m, RECEIVED, WALL),
	    CONDITION_HOLDS);
	parsed_free(&asked);
	parsed_free(&stored);
}
END_TEST

static void check_head(const struct message *m, const char *expected)
{
	struct h1_reply_options options = {.connection = H1_PERSIST};
	char text[ROOM];
	struct out o = out_make(text, ROOM);

	h1_write_reply(&o, m, &options);
	ck_assert_str_eq(out_cstr(&o), expected);
}

START_TEST(a_304_says_no_more_than_it_must)
{
	struct parsed p;

	parse(&p, OK,
	    DATE MODIFIED TAG "Content-Type: a/b\r\nVary: x\r\n"
			      "Content-Location: /y\r\nContent-Encoding: br\r\n"
			      "Cache-Control: max-age=1\r\nX-Other: 1\r\n"
			      "Content-Language: de\r\nExpires: 0\r\n");
	condition_strip(&p.m);
	p.m.status = 304;
	p.m.reason = STR("Not Modified");
	check_head(&p.m,
	    "HTTP/1.1 304 Not Modified\r\n" DATE TAG
	    "Vary: x\r\nContent-Location: /y\r\nCache-Control: max-age=1\r\n"
	    "X-Other: 1\r\nExpires: 0\r\n\r\n");
	parsed_free(&p);
	parse(&p, OK, MODIFIED);
	condition_strip(&p.m);
	check_head(&p.m, OK "\r\n" MODIFIED "\r\n");
	parsed_free(&p);
}
END_TEST

START_TEST(the_cache_asks_by_the_validators_that_it_has)
{
	struct h1_field fields[CONDITION_ASK_MAX];
	struct parsed p;

	parse(&p, OK, WEAK MODIFIED);
	ck_assert_uint_eq(condition_ask(&p.m, WALL, fields), 2);
	check_text(fields[0].name, STR("If-None-Match"));
	check_text(fields[0].value, STR("W/\"a\""));
	check_text(fields[1].name, STR("If-Modified-Since"));
	check_text(fields[1].value, STR("Sat, 21 Nov 2026 19:00:00 GMT"));
	parsed_free(&p);
	parse(&p, OK, "ETag: a\r\nLast-Modified: 0\r\n");
	ck_assert_uint_eq(condition_ask(&p.m, WALL, fields), 0);
	parsed_free(&p);
}
END_TEST

START_TEST(conditions_of_clients_can_be_taken_off)
{
	struct parsed p;
	unsigned kept = 0;

	parse(&p, GET,
	    INM("\"a\"") IMS("19:00:00") IUS("19:00:00")
		"If-Match: *\r\nIf-Range: \"a\"\r\nRange: bytes=0-1\r\nX: 1\r\n");
	condition_drop(&p.m);
	for (unsigned i = 0; i < p.m.field_count; i++)
		kept += !p.m.fields[i].drop;
	ck_assert_uint_eq(kept, 2);
	parsed_free(&p);
}
END_TEST

/* ---- updates ---- */

static const struct {
	const char *validated;
	const char *stored;
	bool selects;
} selections[] = {
    {TAG, TAG, true},
    {WEAK, TAG, true},
    {"", TAG, true},
    {"", TAG MODIFIED, true},
    {"", MODIFIED, true},
    {MODIFIED, MODIFIED, true},
    {TAG, MODIFIED, true},
    {"ETag: \"b\"\r\n", TAG MODIFIED, false},
    {"ETag: \"b\"\r\n", TAG, true},
    {"Last-Modified: Sat, 21 Nov 2026 19:00:01 GMT\r\n", MODIFIED, false},
    {TAG "Last-Modified: Sat, 21 Nov 2026 19:00:01 GMT\r\n", TAG MODIFIED,
	false},
    {TAG, TAG MODIFIED, true},
};

START_TEST(a_304_is_about_what_it_names)
{
	struct parsed validated, stored;

	parse(&validated, "HTTP/1.1 304 Not Modified",
	    selections[_i].validated);
	parse(&stored, OK, selections[_i].stored);
	ck_assert_int_eq(update_selects(&validated.m, &stored.m),
	    selections[_i].selects);
	parsed_free(&validated);
	parsed_free(&stored);
}
END_TEST

static const struct {
	const char *head;
	const char *stored;
	bool agrees;
} heads[] = {
    {"", "", true},
    {"Content-Length: 5\r\n", "", true},
    {"Content-Length: 6\r\n", "", false},
    {TAG, TAG, true},
    {TAG, "ETag: \"b\"\r\n", false},
    {TAG, "", false},
    {"", TAG, true},
    {MODIFIED, MODIFIED, true},
    {MODIFIED, "", false},
    {MODIFIED, DATE "Last-Modified: Sat, 21 Nov 2026 19:00:01 GMT\r\n",
	false},
};

START_TEST(a_head_agrees_or_ends_what_is_stored)
{
	struct parsed head, stored;
	char text[ROOM];
	struct out o = out_make(text, ROOM);

	out_fmt(&o, OK "\r\n%s\r\n", heads[_i].head);
	parse_reply(&head, out_text(&o), METHOD_HEAD);
	parse(&stored, OK, heads[_i].stored);
	ck_assert_int_eq(update_agrees(&head.m, &stored.m, 5),
	    heads[_i].agrees);
	parsed_free(&head);
	parsed_free(&stored);
}
END_TEST

START_TEST(what_a_304_brings_takes_the_place_of_what_was)
{
	struct parsed stored, validated;
	struct message merged;
	struct arena a;
	char room[64];

	arena_init(&a);
	parse(&stored, OK,
	    TAG "A: 1\r\nX: old\r\nB: 1\r\nx: old too\r\nVary: a\r\n"
		"Content-Encoding: br\r\nContent-Type: a/b\r\n"
		"Content-Range: odd\r\nContent-MD5: 1\r\n");
	parse(&validated, "HTTP/1.1 304 Not Modified",
	    "ETag: \"b\"\r\nX: new\r\nX: newer\r\nVary: b\r\nAge: 5\r\n"
	    "Connection: B\r\nB: 2\r\nContent-Encoding: gzip\r\n"
	    "Content-Type: c/d\r\nContent-Range: x\r\nContent-MD5: 2\r\n"
	    "Proxy-Info: 1\r\nC: 3\r\nContent-Length: 7\r\n");
	ck_assert(update_merge(&stored.m, &validated.m, &a, &merged));
	check_head(&merged,
	    OK "\r\n" TAG "A: 1\r\nB: 1\r\nVary: a\r\nContent-Encoding: br\r\n"
	       "Content-Range: odd\r\nContent-MD5: 1\r\nX: new\r\nX: newer\r\n"
	       "Content-Type: c/d\r\nC: 3\r\n\r\n");
	check_text(field_value(message_find(&merged, FIELD_content_type)),
	    STR("c/d"));
	ck_assert_ptr_null(message_find(&merged, FIELD_age));
	arena_free(&a);
	arena_init_fixed(&a, room, sizeof(room));
	ck_assert(!update_merge(&stored.m, &validated.m, &a, &merged));
	parsed_free(&stored);
	parsed_free(&validated);
}
END_TEST

/* ---- parts ---- */

/* Of 10 bytes FIRST+LENGTH are stored. */
static const struct {
	uint64_t first;
	uint64_t length;
	const char *range; /* NULL: all is asked for */
	enum partial_use use;
	struct range_part rest;
} uses[] = {
    {4, 5, "4-8", PARTIAL_SERVE, {0, 0}},
    {4, 5, "6-8", PARTIAL_SERVE, {0, 0}},
    {4, 5, "4-4,8-8", PARTIAL_SERVE, {0, 0}},
    {4, 5, "4-9", PARTIAL_NONE, {0, 0}},
    {4, 5, "3-8", PARTIAL_NONE, {0, 0}},
    {4, 5, "-1", PARTIAL_NONE, {0, 0}},
    {4, 6, "-1", PARTIAL_SERVE, {0, 0}},
    {4, 6, "-6", PARTIAL_SERVE, {0, 0}},
    {4, 6, "6-", PARTIAL_SERVE, {0, 0}},
    {4, 6, "-7", PARTIAL_NONE, {0, 0}},
    {4, 6, "4-4,0-0", PARTIAL_NONE, {0, 0}},
    {4, 6, "10-", PARTIAL_SERVE, {0, 0}},
    {0, 10, NULL, PARTIAL_SERVE, {0, 0}},
    {0, 5, NULL, PARTIAL_REST, {5, 5}},
    {4, 6, NULL, PARTIAL_REST, {0, 4}},
    {4, 5, NULL, PARTIAL_NONE, {0, 0}},
};

START_TEST(a_part_is_good_for_what_it_has)
{
	struct partial part = {uses[_i].first, uses[_i].length, 10};
	struct range_asked asked;
	struct range_part rest;
	enum partial_use use;
	struct parsed p;
	char line[ROOM];

	if (uses[_i].range == NULL) {
		use = partial_plan(&part, NULL, &rest);
	} else {
		snprintf(line, ROOM, "Range: bytes=%s\r\n", uses[_i].range);
		parse(&p, GET, line);
		ck_assert(range_read(&p.m, &asked));
		use = partial_plan(&part, &asked, &rest);
		parsed_free(&p);
	}
	ck_assert_int_eq(use, uses[_i].use);
	if (use != PARTIAL_REST)
		return;
	ck_assert_uint_eq(rest.first, uses[_i].rest.first);
	ck_assert_uint_eq(rest.length, uses[_i].rest.length);
}
END_TEST

#define P206 "HTTP/1.1 206 Partial Content"
#define RANGE(text) "Content-Range: bytes " text "\r\n"

static const struct {
	const char *stored;
	const char *reply;
	bool joins;
} joins[] = {
    {TAG, TAG RANGE("5-9/10"), true},
    {TAG, TAG RANGE("5-9/10") "Content-Length: 5\r\n", true},
    {TAG, TAG RANGE("5-9/10") "Content-Length: 4\r\n", false},
    {TAG, "ETag: \"b\"\r\n" RANGE("5-9/10"), false},
    {WEAK, WEAK RANGE("5-9/10"), false},
    {"", RANGE("5-9/10"), false},
    {DATE MODIFIED, DATE MODIFIED RANGE("5-9/10"), true},
    {TAG, TAG RANGE("5-9/11"), false},
    {TAG, TAG RANGE("5-9/*"), false},
    {TAG, TAG RANGE("5-8/10"), false},
    {TAG, TAG RANGE("4-9/10"), false},
    {TAG, TAG RANGE("6-9/10"), false},
    {TAG, TAG, false},
    {TAG, TAG "Content-Type: multipart/byteranges; boundary=x\r\n", false},
};

START_TEST(parts_are_joined_by_a_strong_validator_only)
{
	struct partial part = {0, 5, 10};
	struct parsed stored, reply;

	parse(&stored, P206, joins[_i].stored);
	parse(&reply, P206, joins[_i].reply);
	ck_assert_int_eq(partial_joins(&part, &stored.m, &reply.m, WALL),
	    joins[_i].joins);
	parsed_free(&stored);
	parsed_free(&reply);
}
END_TEST

START_TEST(only_a_206_is_a_part)
{
	struct partial part;
	struct parsed p;

	parse(&p, OK, RANGE("0-4/10"));
	ck_assert(!partial_read(&p.m, &part));
	parsed_free(&p);
	parse(&p, P206, RANGE("1-4/10"));
	ck_assert(partial_read(&p.m, &part));
	ck_assert_uint_eq(part.first, 1);
	ck_assert_uint_eq(part.length, 4);
	ck_assert_uint_eq(part.complete, 10);
	parsed_free(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_condition");
	TCase *tests = tcase_create("condition");

	tcase_add_loop_test(tests, what_is_stored_answers_conditions, 0,
	    COUNT(conditions));
	tcase_add_test(tests, a_304_says_no_more_than_it_must);
	tcase_add_test(tests, the_cache_asks_by_the_validators_that_it_has);
	tcase_add_test(tests, conditions_of_clients_can_be_taken_off);
	tcase_add_loop_test(tests, a_304_is_about_what_it_names, 0,
	    COUNT(selections));
	tcase_add_loop_test(tests, a_head_agrees_or_ends_what_is_stored, 0,
	    COUNT(heads));
	tcase_add_test(tests, what_a_304_brings_takes_the_place_of_what_was);
	tcase_add_loop_test(tests, a_part_is_good_for_what_it_has, 0,
	    COUNT(uses));
	tcase_add_loop_test(tests,
	    parts_are_joined_by_a_strong_validator_only, 0, COUNT(joins));
	tcase_add_test(tests, only_a_206_is_a_part);
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}
