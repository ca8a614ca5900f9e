/*
 * test_window.c - counting of late, in one word.
 */
#include "worker/origin/window.h"

#include <check.h>
#include <stdlib.h>

#define START (1000 * USEC_PER_SEC)
#define WITHIN (10 * USEC_PER_SEC)

static void must_be(uint64_t word, unsigned total, unsigned errors)
{
	struct window w = window_read(word);

	ck_assert_uint_eq(w.total, total);
	ck_assert_uint_eq(w.errors, errors);
}

/* COUNT more at WHEN, all errors or none. */
static uint64_t add(uint64_t word, usec_t when, unsigned count, bool error)
{
	while (count-- > 0)
		word = window_add(word, when, WITHIN, error);
	return word;
}

START_TEST(what_comes_within_the_window_is_counted)
{
	uint64_t w = add(0, START, 3, false);

	must_be(0, 0, 0);
	w = add(w, START + WITHIN - USEC_PER_SEC, 2, true);
	must_be(w, 5, 2);
}
END_TEST

START_TEST(what_is_older_counts_half_and_then_not_at_all)
{
	uint64_t w = add(0, START, 10, true);
	usec_t next = START + WITHIN + USEC_PER_SEC;

	must_be(add(w, next, 1, false), 6, 5);
	must_be(add(w, START + 3 * WITHIN, 1, false), 1, 0);
	w = add(w, next, 1, false);
	must_be(add(w, next + WITHIN + USEC_PER_SEC, 1, true), 4, 3);
}
END_TEST

START_TEST(any_time_may_be_the_first)
{
	for (usec_t start = 1; start < 100 * USEC_PER_DAY;
	     start += start / 3 + 1) {
		uint64_t w = add(0, start, 2, true);

		must_be(add(w, start + USEC_PER_SEC, 1, false), 3, 2);
		must_be(add(w, start + 4 * WITHIN, 1, false), 1, 0);
	}
}
END_TEST

START_TEST(counts_do_not_overflow)
{
	struct window w = window_read(add(0, START, (1 << 20) + 10, true));

	ck_assert_uint_eq(w.total, w.errors);
	ck_assert_uint_gt(w.total, 1 << 18);
	ck_assert_uint_lt(w.total, 1 << 20);
}
END_TEST

START_TEST(a_rate_needs_enough_requests)
{
	ck_assert(!window_exceeds((struct window){9, 9}, 10, 500000));
	ck_assert(window_exceeds((struct window){10, 5}, 10, 500000));
	ck_assert(!window_exceeds((struct window){10, 4}, 10, 500000));
	ck_assert(window_exceeds((struct window){10, 10}, 10, 1000000));
	ck_assert(!window_exceeds((struct window){10, 9}, 10, 1000000));
}
END_TEST

START_TEST(noting_changes_the_word)
{
	_Atomic uint64_t word = 0;
	struct window w;

	window_note(&word, START, WITHIN, true);
	w = window_note(&word, START, WITHIN, false);
	ck_assert_uint_eq(w.total, 2);
	ck_assert_uint_eq(w.errors, 1);
	must_be(word, 2, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("window");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, what_comes_within_the_window_is_counted);
	tcase_add_test(tc, what_is_older_counts_half_and_then_not_at_all);
	tcase_add_test(tc, any_time_may_be_the_first);
	tcase_add_test(tc, counts_do_not_overflow);
	tcase_add_test(tc, a_rate_needs_enough_requests);
	tcase_add_test(tc, noting_changes_the_word);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
