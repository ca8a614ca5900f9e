/*
 * test_random.c - numbers that nobody can guess.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"

#define NAMES 100000
#define NAME_SIZE 16

static char names[NAMES][NAME_SIZE];

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, NAME_SIZE);
}

START_TEST(no_name_comes_twice)
{
	ck_assert_int_eq(random_init(), 0);
	for (unsigned i = 0; i < NAMES; i++)
		random_fill(names[i], NAME_SIZE);
	qsort(names, NAMES, NAME_SIZE, compare);
	for (unsigned i = 1; i < NAMES; i++)
		ck_assert(compare(names[i - 1], names[i]) != 0);
}
END_TEST

/* Each bit is set in half of the names, give or take 7 deviations. */
START_TEST(each_bit_is_set_half_of_the_time)
{
	unsigned counts[NAME_SIZE * 8] = {0};

	ck_assert_int_eq(random_init(), 0);
	for (unsigned i = 0; i < NAMES; i++) {
		random_fill(names[0], NAME_SIZE);
		for (unsigned bit = 0; bit < NAME_SIZE * 8; bit++)
			counts[bit] += names[0][bit / 8] >> bit % 8 & 1;
	}
	for (unsigned bit = 0; bit < NAME_SIZE * 8; bit++) {
		ck_assert_uint_gt(counts[bit], NAMES / 2 - 1107);
		ck_assert_uint_lt(counts[bit], NAMES / 2 + 1107);
	}
}
END_TEST

START_TEST(a_new_seed_tells_another_story)
{
	char a[64], b[64];

	ck_assert_int_eq(random_init(), 0);
	random_fill(a, sizeof(a));
	ck_assert_int_eq(random_init(), 0);
	random_fill(b, sizeof(b));
	ck_assert_mem_ne(a, b, sizeof(a));
}
END_TEST

/* A request for nothing, and requests across the end of a block. */
START_TEST(any_size_is_filled_and_no_more)
{
	ck_assert_int_eq(random_init(), 0);
	for (size_t n = 0; n <= 300; n++) {
		unsigned changed = 0;
		char text[302];

		for (int turn = 0; turn < 8; turn++) {
			memset(text, 0, sizeof(text));
			random_fill(text, n);
			ck_assert_int_eq(text[n], 0);
			ck_assert_int_eq(text[n + 1], 0);
			changed += n > 0 && text[n - 1] != 0;
		}
		ck_assert(n == 0 || changed > 0);
	}
}
END_TEST

START_TEST(digits_are_hexadecimal_and_lower_case)
{
	unsigned seen[256] = {0};
	char text[34] = "................................!";

	ck_assert_int_eq(random_init(), 0);
	for (int turn = 0; turn < 1000; turn++) {
		random_hex(text, 32);
		ck_assert_int_eq(text[32], '!');
		ck_assert_uint_eq(strspn(text, "0123456789abcdef"), 32);
		for (int i = 0; i < 32; i++)
			seen[(unsigned char)text[i]]++;
	}
	for (const char *c = "0123456789abcdef"; *c != '\0'; c++)
		ck_assert_uint_gt(seen[(unsigned char)*c], 1700);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("random");
	TCase *tc = tcase_create("random");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, no_name_comes_twice);
	tcase_add_test(tc, each_bit_is_set_half_of_the_time);
	tcase_add_test(tc, a_new_seed_tells_another_story);
	tcase_add_test(tc, any_size_is_filled_and_no_more);
	tcase_add_test(tc, digits_are_hexadecimal_and_lower_case);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
