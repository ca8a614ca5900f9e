/*
 * test_out.c - appending to a bounded buffer: what fits, and what "full"
 * means for everything that follows.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/out.h"

#define GUARD '#'

static char buffer[256];

/* A buffer of CAP bytes with guards behind it. */
static struct out make(size_t cap)
{
	ck_assert_uint_lt(cap, sizeof(buffer));
	memset(buffer, GUARD, sizeof(buffer));
	return out_make(buffer, cap);
}

static void expect(const struct out *o, const char *want)
{
	ck_assert(out_ok(o));
	ck_assert(str_eq(out_text(o), str_from(want)));
	for (size_t i = o->cap; i < sizeof(buffer); i++)
		ck_assert_int_eq(buffer[i], GUARD);
}

START_TEST(pieces_are_appended)
{
	struct out o = make(64);

	out_lit(&o, "a=");
	out_u64(&o, 12);
	out_char(&o, ' ');
	out_str(&o, STR("b\0c"));
	out_str(&o, STR_NONE);
	out_str(&o, STR(""));
	ck_assert(str_eq(out_text(&o), STR("a=12 b\0c")));
}
END_TEST

START_TEST(letters_become_small)
{
	struct out o = make(16);

	out_lit(&o, "AZ");
	out_lower(&o, STR("AZ@[az09\xc4"));
	out_lower(&o, STR_NONE);
	ck_assert(str_eq(out_text(&o), STR("AZaz@[az09\xc4")));
}
END_TEST

/* Eight bytes are looked at together: each at each place among them. */
START_TEST(each_byte_is_escaped_wherever_it_stands)
{
	for (unsigned at = 0; at < 20; at++) {
		for (unsigned c = 0; c < 256; c++) {
			struct out o = make(128);
			char in[20], want[64];

			memset(in, 'x', sizeof(in));
			in[at] = (char)c;
			out_escaped(&o, str_make(in, sizeof(in)));
			if (c == '"' || c == '\\')
				snprintf(want, sizeof(want), "%.*s\\%c%.*s",
				    (int)at, "xxxxxxxxxxxxxxxxxxxx", c,
				    (int)(19 - at), "xxxxxxxxxxxxxxxxxxxx");
			else
				snprintf(want, sizeof(want),
				    c < ' ' || c > '~' ? "%.*s\\x%02x%.*s"
						       : "%.*s%c%.*s",
				    (int)at, "xxxxxxxxxxxxxxxxxxxx", c,
				    (int)(19 - at), "xxxxxxxxxxxxxxxxxxxx");
			expect(&o, want);
		}
	}
}
END_TEST

START_TEST(a_buffer_is_filled_to_its_last_byte)
{
	struct out o = make(5);

	out_bytes(&o, "abcde", 5);
	expect(&o, "abcde");
	out_bytes(&o, "", 0);
	expect(&o, "abcde");
	out_char(&o, 'f');
	ck_assert(!out_ok(&o));
	ck_assert_int_eq(buffer[5], GUARD);
}
END_TEST

START_TEST(what_does_not_fit_writes_nothing_and_full_is_sticky)
{
	struct out o = make(5);

	out_lit(&o, "abc");
	out_lit(&o, "def");
	ck_assert(!out_ok(&o));
	ck_assert(str_eq(out_text(&o), STR("abc")));
	ck_assert_int_eq(buffer[3], GUARD);
	out_char(&o, 'x');
	out_lower(&o, STR("X"));
	out_u64(&o, 1);
	out_hex(&o, 1);
	out_msec(&o, 1);
	out_fmt(&o, "%d", 1);
	out_escaped(&o, STR("y\n"));
	ck_assert(!out_ok(&o));
	ck_assert(str_eq(out_text(&o), STR("abc")));
	ck_assert_int_eq(buffer[3], GUARD);
}
END_TEST

START_TEST(a_length_near_overflow_does_not_fit)
{
	struct out o = make(10);

	out_lit(&o, "abc");
	out_bytes(&o, "x", SIZE_MAX);
	ck_assert(!out_ok(&o));
	o = make(10);
	out_lit(&o, "abc");
	out_bytes(&o, "x", SIZE_MAX - 2);
	ck_assert(!out_ok(&o));
	ck_assert_int_eq(buffer[3], GUARD);
}
END_TEST

START_TEST(a_buffer_of_nothing_takes_nothing)
{
	struct out o = out_make(NULL, 0);

	out_str(&o, STR_NONE);
	ck_assert(out_ok(&o));
	ck_assert_str_eq(out_cstr(&o), "");
	out_char(&o, 'a');
	ck_assert(!out_ok(&o));
	ck_assert_str_eq(out_cstr(&o), "");
}
END_TEST

START_TEST(numbers)
{
	static const uint64_t values[] = {0, 1, 9, 10, 99, 100, 255, 256,
	    UINT32_MAX, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct out o = make(64);
		char want[64];

		snprintf(want, sizeof(want), "%" PRIu64 " %" PRIx64,
		    values[i], values[i]);
		out_u64(&o, values[i]);
		out_char(&o, ' ');
		out_hex(&o, values[i]);
		expect(&o, want);
	}
}
END_TEST

START_TEST(microseconds_become_milliseconds)
{
	static const struct {
		int64_t usec;
		const char *want;
	} cases[] = {{0, "0.000"}, {1, "0.001"}, {10, "0.010"},
	    {999, "0.999"}, {1000, "1.000"}, {1234, "1.234"},
	    {60000000, "60000.000"}, {-1, "0.000"}, {INT64_MIN, "0.000"},
	    {INT64_MAX, "9223372036854775.807"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct out o = make(64);

		out_msec(&o, cases[i].usec);
		expect(&o, cases[i].want);
	}
}
END_TEST

START_TEST(formats_fit_with_room_for_their_nul)
{
	struct out o = make(6);

	out_fmt(&o, "%s-%d", "ab", 42);
	expect(&o, "ab-42");
	o = make(5);
	out_fmt(&o, "%s-%d", "ab", 42);
	ck_assert(!out_ok(&o));
	ck_assert_uint_eq(o.n, 0);
	ck_assert_int_eq(buffer[5], GUARD);
	o = make(3);
	out_lit(&o, "abc");
	out_fmt(&o, "%s", "");
	ck_assert(!out_ok(&o));
}
END_TEST

static void expect_escape(struct str s, const char *want)
{
	struct out o = make(100);

	out_escaped(&o, s);
	expect(&o, want);
}

START_TEST(escapes)
{
	expect_escape(STR("plain text ~"), "plain text ~");
	expect_escape(STR("a\"b\\c"), "a\\\"b\\\\c");
	expect_escape(STR("\0\n\x1f\x7f\x80\xff"),
	    "\\x00\\x0a\\x1f\\x7f\\x80\\xff");
	expect_escape(STR(""), "");
	expect_escape(STR_NONE, "");
	expect_escape(STR("end\n"), "end\\x0a");
}
END_TEST

START_TEST(every_byte_escapes_to_printable_ascii)
{
	for (int c = 0; c < 256; c++) {
		struct out o = make(8);
		char byte = (char)c;

		out_escaped(&o, str_make(&byte, 1));
		ck_assert(out_ok(&o));
		for (size_t i = 0; i < o.n; i++)
			ck_assert(buffer[i] >= ' ' && buffer[i] <= '~');
		ck_assert(o.n == 1 || buffer[0] == '\\');
	}
}
END_TEST

START_TEST(an_escape_is_never_cut)
{
	struct out o = make(6);

	out_escaped(&o, STR("abc\n"));
	ck_assert(!out_ok(&o));
	ck_assert(str_eq(out_text(&o), STR("abc")));
}
END_TEST

START_TEST(termination_does_not_count_but_may_take_the_last_byte)
{
	struct out o = make(4);

	out_lit(&o, "abc");
	ck_assert_str_eq(out_cstr(&o), "abc");
	ck_assert_uint_eq(o.n, 3);
	out_char(&o, 'd');
	ck_assert(out_ok(&o));
	ck_assert_str_eq(out_cstr(&o), "abc");
	ck_assert_int_eq(buffer[4], GUARD);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("out");
	TCase *tc = tcase_create("out");
	SRunner *r;
	int failed;

	tcase_add_test(tc, each_byte_is_escaped_wherever_it_stands);
	tcase_add_test(tc, pieces_are_appended);
	tcase_add_test(tc, letters_become_small);
	tcase_add_test(tc, a_buffer_is_filled_to_its_last_byte);
	tcase_add_test(
	    tc, what_does_not_fit_writes_nothing_and_full_is_sticky);
	tcase_add_test(tc, a_length_near_overflow_does_not_fit);
	tcase_add_test(tc, a_buffer_of_nothing_takes_nothing);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, microseconds_become_milliseconds);
	tcase_add_test(tc, formats_fit_with_room_for_their_nul);
	tcase_add_test(tc, escapes);
	tcase_add_test(tc, every_byte_escapes_to_printable_ascii);
	tcase_add_test(tc, an_escape_is_never_cut);
	tcase_add_test(
	    tc, termination_does_not_count_but_may_take_the_last_byte);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
