/*
 * test_clock.c - dates as text, against the C library's.
 */
#include <check.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"

static void check(int64_t second)
{
	time_t t = (time_t)second;
	char text[CLOCK_TEXT_SIZE], common[CLOCK_COMMON_SIZE], want[64];
	struct tm tm;

	gmtime_r(&t, &tm);
	clock_text(second * USEC_PER_SEC + 123456, text);
	strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.123Z", &tm);
	ck_assert_str_eq(text, want);
	clock_common(second * USEC_PER_SEC + 123456, common);
	strftime(want, sizeof(want), "%d/%b/%Y:%H:%M:%S +0000", &tm);
	ck_assert_str_eq(common, want);
}

START_TEST(each_day_until_2100_is_right)
{
	for (int64_t day = 0; day < 47500; day++)
		check(day * 86400 + day * 7919 % 86400);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("clock");
	TCase *tc = tcase_create("clock");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(tc, each_day_until_2100_is_right);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
