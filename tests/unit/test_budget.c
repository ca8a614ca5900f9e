/*
 * test_budget.c - how many requests may be sent again.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/shm/budget.h"
#include "tests/unit/test_fiber.h"

#define FIFTH (BUDGET_WHOLE / 5)
#define LEAST (BUDGET_FLOOR * 8) /* at once, after a pause */

static unsigned take_all(budget_word *word, uint32_t share, usec_t now)
{
	unsigned count = 0;

	while (budget_take(word, share, now))
		count++;
	return count;
}

START_TEST(a_few_may_be_without_any_request)
{
	budget_word word = 0;

	ck_assert_uint_eq(take_all(&word, 0, 5 * USEC_PER_SEC), LEAST);
}
END_TEST

START_TEST(a_share_of_the_requests_may_be)
{
	budget_word word = 0;

	budget_add(&word, 1000, USEC_PER_SEC);
	ck_assert_uint_eq(take_all(&word, FIFTH, USEC_PER_SEC), LEAST + 200);
	budget_add(&word, 1000, USEC_PER_SEC);
	ck_assert_uint_eq(take_all(&word, FIFTH, USEC_PER_SEC), 200);
}
END_TEST

/* In the long run: a share, and a few each second. */
START_TEST(what_is_long_ago_counts_no_more)
{
	budget_word word = 0;
	unsigned count = 0;

	for (usec_t now = 0; now < 1000 * USEC_PER_SEC; now += USEC_PER_SEC) {
		budget_add(&word, 100, now);
		count += take_all(&word, FIFTH, now);
	}
	ck_assert_uint_ge(count, 1000 * 20);
	ck_assert_uint_le(count, 1000 * (20 + BUDGET_FLOOR + 1) + LEAST);
	ck_assert_uint_eq(take_all(&word, FIFTH, 2000 * USEC_PER_SEC), LEAST);
}
END_TEST

/* The second is counted in 16 bits. */
START_TEST(years_later_it_still_counts)
{
	budget_word word = 0;
	usec_t now = (usec_t)70000 * USEC_PER_SEC;

	budget_add(&word, 1000, now - 10 * USEC_PER_SEC);
	ck_assert_uint_gt(take_all(&word, FIFTH, now), LEAST);
	budget_add(&word, 1000, now);
	ck_assert_uint_eq(take_all(&word, 0, now + (65536 / 2 + 9) *
	    USEC_PER_SEC), LEAST);
}
END_TEST

START_TEST(a_clock_that_is_a_moment_behind_changes_nothing)
{
	budget_word word = 0;

	budget_add(&word, 1000, 3 * USEC_PER_SEC);
	budget_add(&word, 1000, 3 * USEC_PER_SEC - 1);
	ck_assert_uint_eq(take_all(&word, FIFTH, 3 * USEC_PER_SEC - 1),
	    LEAST + 400);
}
END_TEST

START_TEST(counts_do_not_run_over)
{
	budget_word word = 0;

	for (int i = 0; i < 100; i++)
		budget_add(&word, 1u << 23, USEC_PER_SEC);
	ck_assert(budget_take(&word, 1, USEC_PER_SEC));
	ck_assert_uint_eq(take_all(&word, 1, USEC_PER_SEC), LEAST - 1 + 16);
}
END_TEST

static void *take_some(void *word)
{
	return (void *)(uintptr_t)take_all(word, FIFTH, USEC_PER_SEC);
}

START_TEST(many_workers_take_no_more_than_one)
{
	budget_word word = 0;
	pthread_t thread[4];
	uintptr_t sum = 0;

	budget_add(&word, 100000, USEC_PER_SEC);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, take_some,
		    &word), 0);
	for (int i = 0; i < 4; i++) {
		void *count;

		pthread_join(thread[i], &count);
		sum += (uintptr_t)count;
	}
	ck_assert_uint_eq(sum, 20000 + LEAST);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("budget");
	TCase *tcase = tcase_create("budget");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, a_few_may_be_without_any_request);
	tcase_add_test(tcase, a_share_of_the_requests_may_be);
	tcase_add_test(tcase, what_is_long_ago_counts_no_more);
	tcase_add_test(tcase, years_later_it_still_counts);
	tcase_add_test(tcase, a_clock_that_is_a_moment_behind_changes_nothing);
	tcase_add_test(tcase, counts_do_not_run_over);
	tcase_add_test(tcase, many_workers_take_no_more_than_one);
	return run_all(suite);
}
