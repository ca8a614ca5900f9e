/*
 * test_cache_record.c - a reply's head as the store keeps it, and back.
 */
#include "tests/unit/test_head.h"
#include "worker/cache/record.h"

#define ROOM 4096

static const char reply[] = "HTTP/1.1 203 As it were\r\n"
			    "Date: Sat, 21 Nov 2026 21:00:00 GMT\r\n"
			    "Connection: X-Hop\r\n"
			    "X-Hop: 1\r\n"
			    "Keep-Alive: timeout=5\r\n"
			    "Content-Length: 3\r\n"
			    "Cache-Control: max-age=60, no-cache=\"X-A\"\r\n"
			    "X-A: secret\r\n"
			    "x-b:   tight\t\r\n"
			    "Empty:\r\n"
			    "Age: 12\r\n"
			    "Proxy-Authentication-Info: x\r\n"
			    "Cache-Status: other; hit\r\n"
			    "Cache-Status: another\r\n"
			    "Content-Range: odd\r\n"
			    "ETag: \"1\"\r\n"
			    "\r\n";

static const char kept[] = "HTTP/1.1 203 As it were\r\n"
			   "Date: Sat, 21 Nov 2026 21:00:00 GMT\r\n"
			   "Cache-Control: max-age=60, no-cache=\"X-A\"\r\n"
			   "x-b: tight\r\n"
			   "Empty: \r\n"
			   "Cache-Status: other; hit\r\n"
			   "Cache-Status: another\r\n"
			   "Content-Range: odd\r\n"
			   "ETag: \"1\"\r\n"
			   "Warning: 299 - \"stored\"\r\n"
			   "\r\n";

static const struct str without[] = {STR("nothing"), STR(" other , x-a,")};
static const struct h1_field extra[] = {
    {STR("Warning"), STR("299 - \"stored\"")}};
static const struct record_plan plan = {without, 2, extra, 1};
static const struct record_plan plain;

static struct parsed parsed;
static struct arena arena;
static char buf[ROOM];

static void begin(void)
{
	parse_reply(&parsed, str_from(reply), METHOD_GET);
	ck_assert_int_eq(parsed.fault, FAULT_NONE);
	arena_init(&arena);
}

static void end(void)
{
	arena_free(&arena);
	parsed_free(&parsed);
}

static struct str encode(const struct record_plan *how)
{
	struct out o = out_make(buf, ROOM);

	record_encode(&parsed.m, how, &o);
	ck_assert(out_ok(&o));
	return out_text(&o);
}

/* As a client would get it. */
static void assert_sent(const struct message *m, const char *expected)
{
	struct h1_reply_options options = {.connection = H1_PERSIST};
	char text[ROOM];
	struct out o = out_make(text, ROOM);

	h1_write_reply(&o, m, &options);
	ck_assert_str_eq(out_cstr(&o), expected);
}

START_TEST(what_may_be_kept_comes_back_as_it_was)
{
	struct message m;

	ck_assert(record_decode(encode(&plan), &arena, &m));
	ck_assert_uint_eq(m.status, 203);
	assert_sent(&m, kept);
}
END_TEST

START_TEST(fields_are_found_by_their_ids)
{
	struct message m;

	ck_assert(record_decode(encode(&plain), &arena, &m));
	ck_assert_uint_eq(m.field_count, 9);
	ck_assert(str_eq(field_value(message_find(&m, FIELD_date)),
	    STR("Sat, 21 Nov 2026 21:00:00 GMT")));
	ck_assert_ptr_null(message_find(&m, FIELD_content_length));
	ck_assert_ptr_null(message_find(&m, FIELD_connection));
}
END_TEST

START_TEST(partial_content_says_its_range_in_the_meta)
{
	struct message m;

	parsed.m.status = 206;
	ck_assert(record_decode(encode(&plain), &arena, &m));
	ck_assert_ptr_null(message_find(&m, FIELD_content_range));
}
END_TEST

START_TEST(a_record_without_fields_is_one)
{
	struct message m = {.status = 200, .is_h2 = true};
	struct out o = out_make(buf, ROOM);

	record_encode(&m, &plain, &o);
	ck_assert(record_decode(out_text(&o), &arena, &m));
	assert_sent(&m, "HTTP/1.1 200 OK\r\n\r\n");
}
END_TEST

START_TEST(what_does_not_fit_is_told)
{
	size_t n = encode(&plan).n;
	struct out o = out_make(buf, n - 1);

	ck_assert_uint_le(n, RECORD_ROOM(sizeof(reply) + 26, 10));
	record_encode(&parsed.m, &plan, &o);
	ck_assert(!out_ok(&o));
}
END_TEST

START_TEST(a_record_that_was_cut_is_none)
{
	struct str whole = encode(&plan);
	struct message m;

	for (size_t n = 0; n < whole.n; n++) {
		char *cut = malloc(n + 1);

		memcpy(cut, whole.p, n);
		ck_assert(!record_decode(str_make(cut, n), &arena, &m));
		free(cut);
	}
	buf[whole.n] = '\0';
	ck_assert(!record_decode(str_make(buf, whole.n + 1), &arena, &m));
}
END_TEST

/* Reads whatever it says, so that a sanitizer sees what lies outside. */
static size_t touch(const struct message *m)
{
	size_t sum = 0;

	for (unsigned i = 0; i < m->field_count; i++) {
		struct str name = field_name(&m->fields[i]);
		struct str value = field_value(&m->fields[i]);

		for (size_t k = 0; k < name.n; k++)
			sum += (unsigned char)name.p[k];
		for (size_t k = 0; k < value.n; k++)
			sum += (unsigned char)value.p[k];
	}
	return sum;
}

START_TEST(a_record_that_was_written_over_stays_inside_of_itself)
{
	static const unsigned char wrong[] = {0, 1, 0x7f, 0x80, 0xff};
	struct str whole = encode(&plan);
	char *copy = malloc(whole.n);
	struct message m;

	for (size_t at = 0; at < whole.n; at++)
		for (size_t k = 0; k < sizeof(wrong); k++) {
			struct arena mark = arena;

			memcpy(copy, whole.p, whole.n);
			copy[at] = (char)wrong[k];
			if (record_decode(str_make(copy, whole.n), &arena, &m))
				ck_assert_uint_gt(touch(&m), 0);
			arena_rewind(&arena, &mark);
		}
	free(copy);
}
END_TEST

START_TEST(a_spent_arena_is_no_record)
{
	struct str whole = encode(&plan);
	struct arena small;
	struct message m;
	char memory[64];

	arena_init_fixed(&small, memory, sizeof(memory));
	ck_assert(!record_decode(whole, &small, &m));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_record");
	TCase *tests = tcase_create("record");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, what_may_be_kept_comes_back_as_it_was);
	tcase_add_test(tests, fields_are_found_by_their_ids);
	tcase_add_test(tests, partial_content_says_its_range_in_the_meta);
	tcase_add_test(tests, a_record_without_fields_is_one);
	tcase_add_test(tests, what_does_not_fit_is_told);
	tcase_add_test(tests, a_record_that_was_cut_is_none);
	tcase_add_test(tests,
	    a_record_that_was_written_over_stays_inside_of_itself);
	tcase_add_test(tests, a_spent_arena_is_no_record);
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}
