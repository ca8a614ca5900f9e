/*
 * test_date.c - the dates that we write, against the C library's.
 */
#include "tests/unit/test_head.h"

#include <time.h>

#include "worker/http/date.h"

#define DAY 86400
#define YEAR_9999_ENDS INT64_C(253402300799)

static void check_date(int64_t second)
{
	time_t t = (time_t)second;
	struct tm tm;
	char expected[64];

	gmtime_r(&t, &tm);
	strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (!str_eq(date_now(second * USEC_PER_SEC + 999999),
		str_from(expected)))
		ck_abort_msg("not %s", expected);
}

START_TEST(every_day_of_four_centuries_is_right)
{
	for (int64_t day = 0; day < 146097; day++)
		check_date(day * DAY + day % DAY);
}
END_TEST

START_TEST(years_up_to_9999_are_right)
{
	for (int64_t second = 0; second <= YEAR_9999_ENDS;
	     second += INT64_C(86399) * 97)
		check_date(second);
	check_date(YEAR_9999_ENDS);
}
END_TEST

START_TEST(date_changes_with_the_second)
{
	check_text(date_now(999999), STR("Thu, 01 Jan 1970 00:00:00 GMT"));
	check_text(date_now(1000000), STR("Thu, 01 Jan 1970 00:00:01 GMT"));
	check_text(date_now(0), STR("Thu, 01 Jan 1970 00:00:00 GMT"));
	check_text(date_now(784111777 * USEC_PER_SEC),
	    STR("Sun, 06 Nov 1994 08:49:37 GMT"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("date");
	TCase *tcase = tcase_create("date");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, every_day_of_four_centuries_is_right);
	tcase_add_test(tcase, years_up_to_9999_are_right);
	tcase_add_test(tcase, date_changes_with_the_second);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
