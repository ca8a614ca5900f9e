/*
 * test_rates.c - how often something happened: at once, in the long run, of
 * several processes, and of more than the table has room for.
 */
#include "common/shm/rates.h"

#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/hash.h"

static struct area area;
static usec_t now;

static void setup(void)
{
	struct area_shape shape = rates_shape(0);

	ck_assert_int_eq(area_create(&shape, &area), 0);
	rates_create(area.table, 0);
	rates_enter(area.table, 0);
	now = 1000 * USEC_PER_SEC;
}

static uint64_t who(uint64_t i)
{
	static const struct hash_key key = {{5, 6}};

	return hash_bytes(&key, &i, sizeof(i));
}

/* How many of TIMES are let through. */
static unsigned take(uint64_t i, unsigned times, uint32_t count, usec_t over)
{
	unsigned n = 0;

	while (times-- > 0)
		n += rates_take(who(i), count, over, now);
	return n;
}

START_TEST(as_many_at_once_as_are_allowed)
{
	ck_assert_uint_eq(take(1, 100, 10, USEC_PER_SEC), 10);
	ck_assert_uint_eq(take(2, 100, 1, USEC_PER_SEC), 1);
	ck_assert_uint_eq(take(3, 5000, 1000, USEC_PER_SEC), 1000);
}
END_TEST

START_TEST(one_more_for_each_share_of_the_time)
{
	ck_assert_uint_eq(take(1, 100, 10, USEC_PER_SEC), 10);
	now += USEC_PER_SEC / 10 - USEC_PER_MSEC;
	ck_assert_uint_eq(take(1, 100, 10, USEC_PER_SEC), 0);
	now += USEC_PER_MSEC;
	ck_assert_uint_eq(take(1, 100, 10, USEC_PER_SEC), 1);
	now += 3 * USEC_PER_SEC / 10;
	ck_assert_uint_eq(take(1, 100, 10, USEC_PER_SEC), 3);
	now += 100 * USEC_PER_SEC;
	ck_assert_uint_eq(take(1, 100, 10, USEC_PER_SEC), 10);
}
END_TEST

START_TEST(in_the_long_run_no_more_than_the_rate)
{
	unsigned n = 0;

	for (int i = 0; i < 10000; i++) {
		now += 10 * USEC_PER_MSEC;
		n += take(1, 3, 20, 2 * USEC_PER_SEC);
	}
	ck_assert_uint_ge(n, 1000);
	ck_assert_uint_le(n, 1021);
}
END_TEST

START_TEST(nobody_pays_for_another)
{
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(take(i, 5, 2, USEC_PER_SEC), 2);
}
END_TEST

START_TEST(what_is_refused_costs_nothing)
{
	ck_assert_uint_eq(take(1, 1000000, 2, USEC_PER_SEC), 2);
	now += USEC_PER_SEC / 2;
	ck_assert_uint_eq(take(1, 1, 2, USEC_PER_SEC), 1);
}
END_TEST

START_TEST(a_crowd_displaces_only_who_did_little)
{
	ck_assert_uint_eq(take(0, 1000, 100, USEC_PER_HOUR), 100);
	for (uint64_t i = 1; i < 100000; i++)
		(void)take(i, 1, 100, USEC_PER_HOUR);
	ck_assert_uint_eq(take(0, 10, 100, USEC_PER_HOUR), 0);
}
END_TEST

START_TEST(long_times_and_a_long_life_are_no_matter)
{
	now = 7LL * 365 * USEC_PER_DAY;
	ck_assert_uint_eq(take(1, 10, 3, USEC_PER_HOUR), 3);
	now += USEC_PER_HOUR;
	ck_assert_uint_eq(take(1, 10, 3, USEC_PER_HOUR), 3);
}
END_TEST

START_TEST(processes_count_together)
{
	unsigned n = 0;
	int status;

	for (int p = 0; p < 4; p++)
		if (fork() == 0)
			_exit((int)take(1, 10000, 100, USEC_PER_HOUR));
	while (wait(&status) > 0)
		n += (unsigned)WEXITSTATUS(status);
	ck_assert_uint_eq(n, 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rates");
	TCase *tcase = tcase_create("rates");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, as_many_at_once_as_are_allowed);
	tcase_add_test(tcase, one_more_for_each_share_of_the_time);
	tcase_add_test(tcase, in_the_long_run_no_more_than_the_rate);
	tcase_add_test(tcase, nobody_pays_for_another);
	tcase_add_test(tcase, what_is_refused_costs_nothing);
	tcase_add_test(tcase, a_crowd_displaces_only_who_did_little);
	tcase_add_test(tcase, long_times_and_a_long_life_are_no_matter);
	tcase_add_test(tcase, processes_count_together);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
