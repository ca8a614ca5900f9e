/*
 * test_range.c - parts of a representation: asked for, answered, received.
 */
#include "common/base/random.h"
#include "tests/unit/test_head.h"
#include "worker/http/range.h"

#define ROOM 4096
#define WALL (INT64_C(1795294800) * USEC_PER_SEC)

static void parse_get(struct parsed *p, const char *lines)
{
	char text[ROOM];
	struct out o = out_make(text, ROOM);

	out_fmt(&o, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", lines);
	parse_request(p, out_text(&o));
	ck_assert_str_eq(fault_name(p->fault), "none");
}

static void parse_206(struct parsed *p, const char *lines)
{
	char text[ROOM];
	struct out o = out_make(text, ROOM);

	out_fmt(&o, "HTTP/1.1 206 Partial\r\n%s\r\n", lines);
	parse_reply(p, out_text(&o), METHOD_GET);
	ck_assert_str_eq(fault_name(p->fault), "none");
}

/* ---- Range ---- */

/* What is answered, as "first+length first+length"; "200", "416". */
static const struct {
	const char *range;
	uint64_t length;
	const char *answer;
} asks[] = {
    {"bytes=0-0", 10, "0+1"},
    {"bytes=0-4", 10, "0+5"},
    {"bytes=5-", 10, "5+5"},
    {"bytes=0-", 10, "0+10"},
    {"bytes=-3", 10, "7+3"},
    {"bytes=-10", 10, "0+10"},
    {"bytes=-11", 10, "0+10"},
    {"bytes=9-9", 10, "9+1"},
    {"bytes=9-100", 10, "9+1"},
    {"bytes=9-99999999999999999999999999", 10, "9+1"},
    {"bytes=10-", 10, "416"},
    {"bytes=10-20", 10, "416"},
    {"bytes=99999999999999999999999999-", 10, "416"},
    {"bytes=18446744073709551615-18446744073709551615", 10, "416"},
    {"bytes=-0", 10, "416"},
    {"bytes=-0, 1-1", 10, "1+1"},
    {"bytes=0-0", 0, "416"},
    {"bytes=-1", 0, "200"},
    {"bytes=-0", 0, "416"},
    {"bytes=0-,-5", 0, "200"},
    {"BYTES=1-2", 10, "1+2"},
    {"bytes= 1-2 ,, 4-5", 10, "1+2 4+2"},
    {"bytes=4-5,1-2", 10, "4+2 1+2"},
    {"bytes=0-1,10-11", 10, "0+2"},
    {"bytes=0-1,2-3", 10, "0+4"},
    {"bytes=2-3,0-1", 10, "0+4"},
    {"bytes=0-5,3-7", 10, "0+8"},
    {"bytes=8-8,0-5,3-7", 10, "0+9"},
    {"bytes=0-0,4-4,2-2,1-3", 10, "0+5"},
    {"bytes=6-6,0-0,4-4,9-9,1-3", 10, "6+1 0+5 9+1"},
    {"bytes=0-9,0-9,0-9,0-9", 10, "0+10"},
    {"bytes=0-,0-,0-,0-", 10, "0+10"},
    {"bytes=-1,0-0", 10, "9+1 0+1"},
    {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,"
     "24-24,26-26,28-28,30-30", 40,
	"0+1 2+1 4+1 6+1 8+1 10+1 12+1 14+1 16+1 18+1 20+1 22+1 24+1 26+1 28+1 "
	"30+1"},
    {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,"
     "24-24,26-26,28-28,30-30,32-32", 40, "200"},
    {"", 10, "200"},
    {"bytes", 10, "200"},
    {"bytes=", 10, "200"},
    {"bytes=,", 10, "200"},
    {"bytes=-", 10, "200"},
    {"bytes=1", 10, "200"},
    {"bytes=2-1", 10, "200"},
    {"bytes=0-0,2-1", 10, "200"},
    {"bytes=1-2x", 10, "200"},
    {"bytes=x1-2", 10, "200"},
    {"bytes=1--2", 10, "200"},
    {"bytes=--2", 10, "200"},
    {"bytes=+1-2", 10, "200"},
    {"bytes=1 -2", 10, "200"},
    {"bytes=1-2;3-4", 10, "200"},
    {"bytes =1-2", 10, "200"},
    {"bytes:1-2", 10, "200"},
    {"lines=1-2", 10, "200"},
    {"0-5", 10, "200"},
};

static void write_answer(struct out *o, const struct message *request,
    uint64_t length)
{
	struct range_asked asked;
	struct range_set set;

	if (!range_read(request, &asked)) {
		out_lit(o, "200");
		return;
	}
	switch (range_apply(&asked, length, &set)) {
	case RANGE_WHOLE:
		out_lit(o, "200");
		return;
	case RANGE_OUTSIDE:
		out_lit(o, "416");
		return;
	case RANGE_PARTS:
		for (unsigned i = 0; i < set.count; i++)
			out_fmt(o, "%s%llu+%llu", i > 0 ? " " : "",
			    (unsigned long long)set.part[i].first,
			    (unsigned long long)set.part[i].length);
	}
}

START_TEST(parts_are_told)
{
	char line[ROOM], text[ROOM];
	struct out o = out_make(line, ROOM);
	struct parsed p;

	out_fmt(&o, "Range: %s\r\n", asks[_i].range);
	parse_get(&p, out_cstr(&o));
	o = out_make(text, ROOM);
	write_answer(&o, &p.m, asks[_i].length);
	ck_assert_str_eq(out_cstr(&o), asks[_i].answer);
	parsed_free(&p);
}
END_TEST

START_TEST(only_get_has_ranges)
{
	struct range_asked asked;
	struct parsed p;

	parse_get(&p, "");
	ck_assert(!range_read(&p.m, &asked));
	parsed_free(&p);
	parse_get(&p, "Range: bytes=0-1\r\n");
	ck_assert(range_read(&p.m, &asked));
	p.m.method = METHOD_HEAD;
	ck_assert(!range_read(&p.m, &asked));
	parsed_free(&p);
}
END_TEST

/* ---- If-Range ---- */

#define DATE "Date: Sat, 21 Nov 2026 20:00:00 GMT\r\n"
#define MODIFIED "Last-Modified: Sat, 21 Nov 2026 19:00:00 GMT\r\n"
#define JUST_MODIFIED "Last-Modified: Sat, 21 Nov 2026 20:00:00 GMT\r\n"

static const struct {
	const char *asked;
	const char *stored;
	bool holds;
} if_ranges[] = {
    {"", "", true},
    {"If-Range: \"a\"\r\n", "ETag: \"a\"\r\n", true},
    {"If-Range: \"a\"\r\n", "ETag: \"b\"\r\n", false},
    {"If-Range: \"a\"\r\n", "ETag: W/\"a\"\r\n", false},
    {"If-Range: W/\"a\"\r\n", "ETag: W/\"a\"\r\n", false},
    {"If-Range: \"a\"\r\n", "", false},
    {"If-Range: \"a\", \"b\"\r\n", "ETag: \"a\"\r\n", false},
    {"If-Range: *\r\n", "ETag: \"a\"\r\n", false},
    {"If-Range:\r\n", "ETag: \"a\"\r\n", false},
    {"If-Range: Sat, 21 Nov 2026 19:00:00 GMT\r\n", DATE MODIFIED, true},
    {"If-Range: Saturday, 21-Nov-26 19:00:00 GMT\r\n", DATE MODIFIED, true},
    {"If-Range: Sat, 21 Nov 2026 19:00:01 GMT\r\n", DATE MODIFIED, false},
    {"If-Range: Sat, 21 Nov 2026 18:59:59 GMT\r\n", DATE MODIFIED, false},
    {"If-Range: Sat, 21 Nov 2026 19:00:00 GMT\r\n", MODIFIED, false},
    {"If-Range: Sat, 21 Nov 2026 20:00:00 GMT\r\n", DATE JUST_MODIFIED, false},
    {"If-Range: Sat, 21 Nov 2026 19:00:00 GMT\r\n", DATE, false},
    {"If-Range: yesterday\r\n", DATE MODIFIED, false},
};

START_TEST(if_range_takes_strong_validators_only)
{
	struct parsed asked, stored;

	parse_get(&asked, if_ranges[_i].asked);
	parse_206(&stored, if_ranges[_i].stored);
	ck_assert_int_eq(range_is_of(&asked.m, &stored.m, WALL),
	    if_ranges[_i].holds);
	parsed_free(&asked);
	parsed_free(&stored);
}
END_TEST

static const struct {
	const char *a;
	const char *b;
	bool same;
} pairs[] = {
    {"", "", false},
    {"ETag: \"a\"\r\n", "ETag: \"a\"\r\n", true},
    {"ETag: \"a\"\r\n", "ETag: \"b\"\r\n", false},
    {"ETag: W/\"a\"\r\n", "ETag: W/\"a\"\r\n", false},
    {DATE MODIFIED, DATE MODIFIED, true},
    {DATE MODIFIED, DATE JUST_MODIFIED, false},
    {DATE JUST_MODIFIED, DATE JUST_MODIFIED, false},
    {DATE MODIFIED, MODIFIED, false},
    {DATE MODIFIED "ETag: \"a\"\r\n", DATE MODIFIED, false},
    {DATE MODIFIED "ETag: \"a\"\r\n", "ETag: \"a\"\r\n", true},
};

START_TEST(two_replies_are_of_one_representation_by_strong_validators)
{
	struct parsed a, b;

	parse_206(&a, pairs[_i].a);
	parse_206(&b, pairs[_i].b);
	ck_assert_int_eq(range_is_same(&a.m, &b.m, WALL), pairs[_i].same);
	ck_assert_int_eq(range_is_same(&b.m, &a.m, WALL), pairs[_i].same);
	parsed_free(&a);
	parsed_free(&b);
}
END_TEST

/* ---- Content-Range ---- */

static const struct {
	const char *value;
	bool sound;
	struct range_content content;
} contents[] = {
    {"bytes 0-4/10", true, {0, 5, true, 10}},
    {"bytes 9-9/10", true, {9, 1, true, 10}},
    {"Bytes 0-4/*", true, {0, 5, false, 0}},
    {"bytes 0-4611686018427387903/4611686018427387904", true,
	{0, INT64_C(4611686018427387904), true, INT64_C(4611686018427387904)}},
    {"", false, {0}},
    {"bytes", false, {0}},
    {"bytes */10", false, {0}},
    {"bytes 5-4/10", false, {0}},
    {"bytes 0-10/10", false, {0}},
    {"bytes 0-4/4", false, {0}},
    {"bytes=0-4/10", false, {0}},
    {"bytes  0-4/10", false, {0}},
    {"bytes 0 -4/10", false, {0}},
    {"bytes 0-4 /10", false, {0}},
    {"bytes 0-4/10 x", false, {0}},
    {"bytes 0-4/", false, {0}},
    {"bytes 0-/10", false, {0}},
    {"bytes -4/10", false, {0}},
    {"bytes 0-4", false, {0}},
    {"bytes 0-4/10/11", false, {0}},
    {"bytes 0-99999999999999999999/99999999999999999999", false, {0}},
    {"lines 0-4/10", false, {0}},
};

START_TEST(content_ranges_are_read_strictly)
{
	struct field f = {.value = contents[_i].value,
	    .value_len = (uint32_t)strlen(contents[_i].value),
	    .id = FIELD_content_range};
	struct message m = {.fields = &f,
	    .field_count = 1,
	    .present = FIELD_BIT(FIELD_content_range)};
	const struct range_content *expected = &contents[_i].content;
	struct range_content found;

	ck_assert_int_eq(range_read_content(&m, &found), contents[_i].sound);
	if (!contents[_i].sound)
		return;
	ck_assert_uint_eq(found.first, expected->first);
	ck_assert_uint_eq(found.length, expected->length);
	ck_assert_uint_eq(found.complete, expected->complete);
	ck_assert_int_eq(found.complete_known, expected->complete_known);
}
END_TEST

START_TEST(ranges_are_written)
{
	struct range_part part = {1, 2};
	char text[RANGE_TEXT_MAX];
	struct out o = out_make(text, sizeof(text));

	range_write(&o, &part, 10);
	out_lit(&o, "|");
	range_write_ask(&o, 5, 9);
	out_lit(&o, "|");
	range_write_ask(&o, 5, RANGE_TO_END);
	out_lit(&o, "|");
	range_write_outside(&o, 10);
	ck_assert_str_eq(out_cstr(&o),
	    "bytes 1-2/10|bytes=5-9|bytes=5-|bytes */10");
	o = out_make(text, sizeof(text));
	range_write(&o, &(struct range_part){UINT64_MAX - 1, 1}, UINT64_MAX);
	ck_assert(out_ok(&o));
}
END_TEST

/* ---- several parts ---- */

START_TEST(several_parts_are_one_body)
{
	static const char whole[] = "0123456789";
	struct range_set set = {2, {{7, 3}, {0, 1}}};
	char body[ROOM], expected[ROOM], boundary[33] = "";
	struct out o = out_make(body, ROOM);
	struct range_plan plan;
	struct arena a;

	ck_assert_int_eq(random_init(), 0);
	arena_init(&a);
	ck_assert(range_make_plan(&set, 10, STR("text/plain"), &a, &plan));
	ck_assert_uint_eq(plan.count, 3);
	for (unsigned i = 0; i < plan.count; i++) {
		out_str(&o, plan.piece[i].text);
		out_bytes(&o, whole + plan.piece[i].first,
		    plan.piece[i].length);
	}
	ck_assert_uint_eq(o.n, plan.length);
	ck_assert(str_starts(plan.type,
	    STR("multipart/byteranges; boundary=")));
	memcpy(boundary, plan.type.p + plan.type.n - 32, 32);
	snprintf(expected, ROOM,
	    "--%s\r\nContent-Type: text/plain\r\n"
	    "Content-Range: bytes 7-9/10\r\n\r\n789\r\n"
	    "--%s\r\nContent-Type: text/plain\r\n"
	    "Content-Range: bytes 0-0/10\r\n\r\n0\r\n--%s--\r\n",
	    boundary, boundary, boundary);
	ck_assert_str_eq(out_cstr(&o), expected);
	arena_free(&a);
}
END_TEST

START_TEST(no_type_is_no_type_and_no_memory_no_plan)
{
	struct range_set set = {.count = RANGE_PARTS_MAX};
	struct range_plan plan;
	struct arena a;
	char small[256];

	for (unsigned i = 0; i < set.count; i++)
		set.part[i] = (struct range_part){UINT64_MAX - 40 + i * 2, 1};
	ck_assert_int_eq(random_init(), 0);
	arena_init(&a);
	ck_assert(range_make_plan(&set, UINT64_MAX, STR_NONE, &a, &plan));
	ck_assert_uint_eq(plan.count, RANGE_PARTS_MAX + 1);
	ck_assert(memmem(plan.piece[0].text.p, plan.piece[0].text.n, "Type",
		      4) == NULL);
	arena_free(&a);
	arena_init_fixed(&a, small, sizeof(small));
	ck_assert(!range_make_plan(&set, UINT64_MAX, STR_NONE, &a, &plan));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("range");
	TCase *tests = tcase_create("range");

	tcase_add_loop_test(tests, parts_are_told, 0, COUNT(asks));
	tcase_add_test(tests, only_get_has_ranges);
	tcase_add_loop_test(tests, if_range_takes_strong_validators_only, 0,
	    COUNT(if_ranges));
	tcase_add_loop_test(tests,
	    two_replies_are_of_one_representation_by_strong_validators, 0,
	    COUNT(pairs));
	tcase_add_loop_test(tests, content_ranges_are_read_strictly, 0,
	    COUNT(contents));
	tcase_add_test(tests, ranges_are_written);
	tcase_add_test(tests, several_parts_are_one_body);
	tcase_add_test(tests, no_type_is_no_type_and_no_memory_no_plan);
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}
