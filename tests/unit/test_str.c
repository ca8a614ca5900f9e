/*
 * test_str.c - strings as pointer and length, at their edges.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/str.h"
#include "worker/http/scan.h"

START_TEST(equality_is_of_bytes_and_length)
{
	ck_assert(str_eq(STR("abc"), STR("abc")));
	ck_assert(!str_eq(STR("abc"), STR("abd")));
	ck_assert(!str_eq(STR("abc"), STR("ab")));
	ck_assert(!str_eq(STR("abc"), STR("ABC")));
	ck_assert(str_eq(STR("a\0b"), STR("a\0b")));
	ck_assert(!str_eq(STR("a\0b"), STR("a\0c")));
	ck_assert(str_eq(STR_NONE, STR("")));
}
END_TEST

START_TEST(prefixes)
{
	ck_assert(str_starts(STR("abc"), STR("ab")));
	ck_assert(str_starts(STR("abc"), STR("abc")));
	ck_assert(str_starts(STR("abc"), STR("")));
	ck_assert(str_starts(STR_NONE, STR_NONE));
	ck_assert(!str_starts(STR("ab"), STR("abc")));
	ck_assert(!str_starts(STR("abc"), STR("b")));
}
END_TEST

START_TEST(case_is_folded_for_ascii_letters_only)
{
	ck_assert(str_eq_nocase(STR("Content-LENGTH"), STR("content-length")));
	ck_assert(!str_eq_nocase(STR("ab"), STR("abc")));
	ck_assert(str_eq_nocase(STR_NONE, STR("")));
	/* Pairs that differ in bit 0x20 and are no letters. */
	ck_assert(!str_eq_nocase(STR("@"), STR("`")));
	ck_assert(!str_eq_nocase(STR("["), STR("{")));
	ck_assert(!str_eq_nocase(STR("\xc4"), STR("\xe4")));
	for (int c = 0; c < 256; c++) {
		bool upper = c >= 'A' && c <= 'Z';

		ck_assert_int_eq((unsigned char)char_lower((char)c),
		    upper ? c + 32 : c);
	}
}
END_TEST

START_TEST(prefixes_in_any_case)
{
	ck_assert(str_starts_nocase(STR("HTTP://a"), STR("http:")));
	ck_assert(str_starts_nocase(STR("http:"), STR("HTTP:")));
	ck_assert(str_starts_nocase(STR_NONE, STR("")));
	ck_assert(!str_starts_nocase(STR("http"), STR("http:")));
	ck_assert(!str_starts_nocase(STR("https:"), STR("http:")));
}
END_TEST

/* The scanners of heads have a table of their own: it says the same. */
START_TEST(a_token_is_what_a_head_takes_for_one)
{
	for (int c = 0; c < 256; c++) {
		char text[] = {'a', (char)c};
		struct str s = str_make(text, sizeof(text));

		ck_assert_int_eq(str_is_token(s),
		    scan_is((char)c, SCAN_TOKEN));
	}
	ck_assert(str_is_token(STR("X-Request-Id")));
	ck_assert(!str_is_token(STR("")));
	ck_assert(!str_is_token(STR_NONE));
	ck_assert(!str_is_token(STR("a b")));
}
END_TEST

START_TEST(parts_may_be_empty_but_for_the_last)
{
	struct str rest = STR("a=1&&b&");
	struct str part;

	ck_assert(str_next_part(&rest, '&', &part));
	ck_assert(str_eq(part, STR("a=1")));
	ck_assert(str_next_part(&rest, '&', &part));
	ck_assert(str_eq(part, STR("")));
	ck_assert(str_next_part(&rest, '&', &part));
	ck_assert(str_eq(part, STR("b")));
	ck_assert(!str_next_part(&rest, '&', &part));
	ck_assert(!str_next_part(&(struct str){NULL, 0}, '&', &part));
}
END_TEST

START_TEST(order_is_by_unsigned_bytes_then_length)
{
	ck_assert_int_lt(str_cmp(STR("a"), STR("b")), 0);
	ck_assert_int_gt(str_cmp(STR("b"), STR("abc")), 0);
	ck_assert_int_lt(str_cmp(STR("ab"), STR("abc")), 0);
	ck_assert_int_gt(str_cmp(STR("\x80"), STR("a")), 0);
	ck_assert_int_eq(str_cmp(STR("abc"), STR("abc")), 0);
	ck_assert_int_eq(str_cmp(STR_NONE, STR("")), 0);
	ck_assert_int_lt(str_cmp(STR_NONE, STR("a")), 0);
}
END_TEST

START_TEST(hex_digits)
{
	for (int c = 0; c < 256; c++) {
		int want = c >= '0' && c <= '9' ? c - '0'
		    : c >= 'a' && c <= 'f'	? c - 'a' + 10
		    : c >= 'A' && c <= 'F'	? c - 'A' + 10
						: -1;

		ck_assert_int_eq(char_hex((char)c), want);
	}
}
END_TEST

static void expect_trim(struct str s, struct str want)
{
	ck_assert(str_eq(str_trim(s), want));
}

START_TEST(trimming_takes_blanks_and_nothing_else)
{
	expect_trim(STR(" \t a b \t"), STR("a b"));
	expect_trim(STR(" \t "), STR(""));
	expect_trim(STR(""), STR(""));
	expect_trim(STR_NONE, STR_NONE);
	expect_trim(STR("\na\r"), STR("\na\r"));
	expect_trim(STR("\0a"), STR("\0a"));
}
END_TEST

static void expect_tokens(struct str list, const char *const *want)
{
	struct str token;

	for (; *want != NULL; want++) {
		ck_assert(str_next_token(&list, &token));
		ck_assert(str_eq(token, str_from(*want)));
	}
	ck_assert(!str_next_token(&list, &token));
	ck_assert(!str_next_token(&list, &token));
}

#define TOKENS(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(lists_are_split_at_commas)
{
	expect_tokens(STR("a"), TOKENS("a"));
	expect_tokens(STR("a,b"), TOKENS("a", "b"));
	expect_tokens(STR(" a ,\tb c ,"), TOKENS("a", "b c"));
	expect_tokens(STR(",, ,a,,b, ,"), TOKENS("a", "b"));
	expect_tokens(STR(""), TOKENS(NULL));
	expect_tokens(STR(" , ,"), TOKENS(NULL));
	expect_tokens(STR_NONE, TOKENS(NULL));
}
END_TEST

static void expect_number(struct str s, uint64_t max, uint64_t want)
{
	uint64_t value = 99;

	ck_assert(str_to_u64(s, max, &value));
	ck_assert_uint_eq(value, want);
}

static void expect_no_number(struct str s, uint64_t max)
{
	uint64_t value = 99;

	ck_assert(!str_to_u64(s, max, &value));
	ck_assert_uint_eq(value, 99);
}

START_TEST(numbers_are_digits_up_to_a_maximum)
{
	expect_number(STR("0"), 0, 0);
	expect_number(STR("7"), 7, 7);
	expect_number(STR("000000000000000000000000012"), 12, 12);
	expect_number(STR("18446744073709551615"), UINT64_MAX, UINT64_MAX);
	expect_number(STR("65535"), 65535, 65535);
	expect_no_number(STR("65536"), 65535);
	expect_no_number(STR("1"), 0);
	expect_no_number(STR("8"), 7);
	expect_no_number(STR("18446744073709551616"), UINT64_MAX);
	expect_no_number(STR("99999999999999999999"), UINT64_MAX);
	expect_no_number(STR("184467440737095516150"), UINT64_MAX);
}
END_TEST

START_TEST(anything_but_digits_is_no_number)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x1",
	    "1.0", "1,1", "a", "/", ":", "\xb1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_no_number(str_from(bad[i]), UINT64_MAX);
	expect_no_number(STR("1\0"), UINT64_MAX);
	expect_no_number(STR_NONE, UINT64_MAX);
}
END_TEST

START_TEST(every_maximum_is_exact)
{
	char text[24];

	for (uint64_t max = 0; max < 2000; max++) {
		int n = snprintf(text, sizeof(text), "%d", (int)max);

		expect_number(str_make(text, (size_t)n), max, max);
		n = snprintf(text, sizeof(text), "%d", (int)max + 1);
		expect_no_number(str_make(text, (size_t)n), max);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("str");
	TCase *tc = tcase_create("str");
	SRunner *r;
	int failed;

	tcase_add_test(tc, equality_is_of_bytes_and_length);
	tcase_add_test(tc, prefixes);
	tcase_add_test(tc, case_is_folded_for_ascii_letters_only);
	tcase_add_test(tc, prefixes_in_any_case);
	tcase_add_test(tc, a_token_is_what_a_head_takes_for_one);
	tcase_add_test(tc, parts_may_be_empty_but_for_the_last);
	tcase_add_test(tc, order_is_by_unsigned_bytes_then_length);
	tcase_add_test(tc, hex_digits);
	tcase_add_test(tc, trimming_takes_blanks_and_nothing_else);
	tcase_add_test(tc, lists_are_split_at_commas);
	tcase_add_test(tc, numbers_are_digits_up_to_a_maximum);
	tcase_add_test(tc, anything_but_digits_is_no_number);
	tcase_add_test(tc, every_maximum_is_exact);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
