/*
 * test_master_lines.c - cutting text into lines.
 */
#include <check.h>

#include "master/lines.h"

static void expect(struct str *text, const char *want)
{
	struct str line;

	ck_assert(lines_next(text, &line));
	ck_assert_msg(str_eq(line, str_from(want)), "\"%.*s\", not \"%s\"",
	    ARG_STR(line), want);
}

static void expect_end(struct str *text)
{
	struct str line;

	ck_assert(!lines_next(text, &line));
}

START_TEST(lines_come_without_their_ends)
{
	struct str text = STR("one\n\ntwo\n");

	expect(&text, "one");
	expect(&text, "");
	expect(&text, "two");
	expect_end(&text);
	expect_end(&text);
}
END_TEST

START_TEST(the_last_line_needs_no_end)
{
	struct str text = STR("one\ntwo");

	expect(&text, "one");
	expect(&text, "two");
	expect_end(&text);
}
END_TEST

START_TEST(nothing_has_no_lines)
{
	struct str none = STR_NONE, empty = STR("");

	expect_end(&none);
	expect_end(&empty);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("master/lines");
	TCase *tc = tcase_create("lines");
	SRunner *r;
	int failed;

	tcase_add_test(tc, lines_come_without_their_ends);
	tcase_add_test(tc, the_last_line_needs_no_end);
	tcase_add_test(tc, nothing_has_no_lines);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
