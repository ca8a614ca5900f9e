/*
 * test_master_patience.c - how long the master waits: before it starts a
 * worker again, and before it calls one hung.
 */
#include <check.h>

#include "master/supervise.h"
#include "master/watchdog.h"

#define MSEC USEC_PER_MSEC
#define SEC USEC_PER_SEC

/* ---- starting again ---- */

START_TEST(after_no_failure_there_is_no_delay)
{
	ck_assert_int_eq(supervise_delay(0, false), 0);
	ck_assert_int_eq(supervise_delay(0, true), 0);
}
END_TEST

START_TEST(what_never_was_ready_waits_twice_as_long_each_time)
{
	ck_assert_int_eq(supervise_delay(1, false), 100 * MSEC);
	ck_assert_int_eq(supervise_delay(2, false), 200 * MSEC);
	ck_assert_int_eq(supervise_delay(3, false), 400 * MSEC);
	ck_assert_int_eq(supervise_delay(9, false), 25600 * MSEC);
	ck_assert_int_eq(supervise_delay(10, false), 30 * SEC);
	ck_assert_int_eq(supervise_delay(4000000000u, false), 30 * SEC);
}
END_TEST

START_TEST(a_healthy_slot_has_one_failure_free)
{
	ck_assert_int_eq(supervise_delay(1, true), 0);
	ck_assert_int_eq(supervise_delay(2, true), 100 * MSEC);
	ck_assert_int_eq(supervise_delay(100, true), 30 * SEC);
}
END_TEST

/* ---- hanging ---- */

START_TEST(a_worker_is_late_only_after_its_patience)
{
	ck_assert(!watchdog_is_late(100 * SEC, 0, 110 * SEC, 10 * SEC));
	ck_assert(watchdog_is_late(100 * SEC, 0, 110 * SEC + 1, 10 * SEC));
}
END_TEST

START_TEST(nobody_is_blamed_for_what_was_before_the_floor)
{
	ck_assert(!watchdog_is_late(1, 105 * SEC, 110 * SEC, 10 * SEC));
	ck_assert(watchdog_is_late(1, 105 * SEC, 116 * SEC, 10 * SEC));
}
END_TEST

START_TEST(a_nonsensical_stamp_does_no_harm)
{
	ck_assert(!watchdog_is_late(INT64_MAX, 0, 110 * SEC, 10 * SEC));
	ck_assert(watchdog_is_late(INT64_MIN, 0, 110 * SEC, 10 * SEC));
	ck_assert(watchdog_is_late(-1, 0, 110 * SEC, 10 * SEC));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("master/patience");
	TCase *tc = tcase_create("patience");
	SRunner *r;
	int failed;

	tcase_add_test(tc, after_no_failure_there_is_no_delay);
	tcase_add_test(tc, what_never_was_ready_waits_twice_as_long_each_time);
	tcase_add_test(tc, a_healthy_slot_has_one_failure_free);
	tcase_add_test(tc, a_worker_is_late_only_after_its_patience);
	tcase_add_test(tc, nobody_is_blamed_for_what_was_before_the_floor);
	tcase_add_test(tc, a_nonsensical_stamp_does_no_harm);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
