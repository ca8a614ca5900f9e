/*
 * test_checks.c - what becomes of a server by its checks, and when they are.
 *
 * Checks that are made are in tests/system and tests/fault.
 */
#include "worker/origin/checks.h"

#include <check.h>
#include <stdlib.h>

static struct health_check row;
static const struct conf_health health = {.rise = 2, .fall = 3,
    .every = 5 * USEC_PER_SEC, .jitter = 100000};

static void setup(void)
{
	row = (struct health_check){.state = HEALTH_UNKNOWN};
}

/* One letter a check: w(ell), i(ll), u(nknown); after each the state, or "." if
 * it did not change, is compared with WANT: U(p), D(own). */
static void must_become(const char *checks, const char *want)
{
	for (usec_t i = 0; checks[i] != '\0'; i++) {
		enum check_verdict v = checks[i] == 'w' ? CHECK_WELL
		    : checks[i] == 'i' ? CHECK_ILL : CHECK_UNKNOWN;
		enum health_state state =
		    checks_judge(&row, &health, v, 100 + i);
		char got = state == HEALTH_IS_UP ? 'U'
		    : state == HEALTH_IS_DOWN ? 'D' : '.';

		ck_assert_msg(got == want[i], "%s: %c at %d", checks, got,
		    (int)i);
		if (state != HEALTH_UNKNOWN)
			ck_assert_uint_eq(row.state, state);
	}
}

START_TEST(the_first_check_decides)
{
	must_become("w", "U");
	ck_assert_int_eq(row.since, 0);
	setup();
	must_become("i", "D");
	ck_assert_int_eq(row.since, 100);
}
END_TEST

START_TEST(it_takes_fall_to_go_down_and_rise_to_come_back)
{
	must_become("wiiiww", "U..D.U");
	ck_assert_int_eq(row.since, 105);
}
END_TEST

START_TEST(a_streak_is_broken_by_one)
{
	must_become("wiiwiiwiii", "U........D");
	must_become("wiwiww", ".....U");
}
END_TEST

START_TEST(a_check_that_was_not_made_changes_nothing)
{
	must_become("uwiuiui", ".U....D");
}
END_TEST

START_TEST(checks_move_by_their_jitter)
{
	static const struct conf_health exact = {.every = 7};
	usec_t least = INT64_MAX, most = 0;

	for (uint64_t dice = 0; dice < 3000000; dice += 997) {
		usec_t next = checks_next(&health, 1000, dice);

		least = next < least ? next : least;
		most = next > most ? next : most;
	}
	ck_assert_int_ge(least, 1000 + 4500 * USEC_PER_MSEC);
	ck_assert_int_lt(least, 1000 + 4510 * USEC_PER_MSEC);
	ck_assert_int_le(most, 1000 + 5500 * USEC_PER_MSEC);
	ck_assert_int_gt(most, 1000 + 5490 * USEC_PER_MSEC);
	ck_assert_int_eq(checks_next(&exact, 1000, 12345), 1007);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("checks");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, the_first_check_decides);
	tcase_add_test(tc, it_takes_fall_to_go_down_and_rise_to_come_back);
	tcase_add_test(tc, a_streak_is_broken_by_one);
	tcase_add_test(tc, a_check_that_was_not_made_changes_nothing);
	tcase_add_test(tc, checks_move_by_their_jitter);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
