/*
 * test_cookie.c - the cookies of a request: finding them, taking some out.
 */
#include <check.h>
#include <stdlib.h>

#include "worker/http/cookie.h"

static const struct str names[] = {STR("srv"), STR("b2")};

/* Without "srv" and "b2"; AFTER NULL: neither is there. */
static const struct {
	const char *before;
	const char *after;
} lists[] = {
    {"", NULL},
    {"a=1", NULL},
    {"a=1; c=2", NULL},
    {"srv2=1; asrv=2", NULL},
    {"Srv=1", NULL},
    {"a=srv; c=\"srv=1\"", NULL},
    {";;; ;", NULL},
    {"srv=x", ""},
    {"srv=", ""},
    {"srv", ""},
    {"srv=x;", ""},
    {"srv=x; srv=y", ""},
    {"srv=x; a=1", "a=1"},
    {"srv=x;a=1", "a=1"},
    {"srv=x;\ta=1", "a=1"},
    {"a=1; srv=x", "a=1"},
    {"a=1;srv=x", "a=1"},
    {"a=1 ; srv=x", "a=1 "},
    {"a=1; srv=x;", "a=1;"},
    {"a=1; srv=x; ", "a=1; "},
    {"a=1; srv=x; c=2", "a=1; c=2"},
    {"a=1;srv=x;c=2", "a=1;c=2"},
    {"a=1;  srv=x;   c=2;", "a=1;   c=2;"},
    {"a=1; srv =x; c=2", "a=1; c=2"},
    {"a=1; srv=x; b2=7; c=2; srv=z", "a=1; c=2"},
    {"srv=x; b2=7; c=\"a b\"; d=; =e; f", "c=\"a b\"; d=; =e; f"},
    {"a=1; a=1; srv=x; a=1", "a=1; a=1; a=1"},
    {"srv=x; ; a=1", "; a=1"},
};

START_TEST(named_cookies_go_and_all_others_stay_as_they_are)
{
	struct str before = str_from(lists[_i].before);
	char *copy = malloc(before.n > 0 ? before.n : 1);
	char *buf = malloc(before.n + 1);
	struct out o = out_make(buf, before.n);
	bool stripped;

	/* Of its exact size, so that reading too far is seen. */
	memcpy(copy, before.p, before.n);
	stripped = cookie_strip(str_make(copy, before.n), names, 2, &o);
	ck_assert_int_eq(stripped, lists[_i].after != NULL);
	ck_assert(out_ok(&o));
	ck_assert_str_eq(out_cstr(&(struct out){buf, o.n, before.n + 1, 0}),
	    stripped ? lists[_i].after : "");
	free(copy);
	free(buf);
}
END_TEST

START_TEST(what_stood_in_the_buffer_before_stays_there)
{
	char buf[64];
	struct out o = out_make(buf, sizeof(buf));

	out_lit(&o, "; ");
	ck_assert(cookie_strip(STR("srv=1"), names, 2, &o));
	ck_assert_uint_eq(o.n, 2);
	ck_assert(!cookie_strip(STR("a=1"), names, 2, &o));
	ck_assert_uint_eq(o.n, 2);
	ck_assert(cookie_strip(STR("srv=1; a=1"), names, 2, &o));
	ck_assert(str_eq(out_text(&o), STR("; a=1")));
}
END_TEST

START_TEST(all_cookies_of_a_name_are_found_in_their_order)
{
	struct str list = STR("a=1;srv=x; b=2; srv =y=z; srv; SRV=9; srv=");
	struct str value;

	ck_assert(cookie_next(&list, STR("srv"), &value));
	ck_assert(str_eq(value, STR("x")));
	ck_assert(cookie_next(&list, STR("srv"), &value));
	ck_assert(str_eq(value, STR("y=z")));
	ck_assert(cookie_next(&list, STR("srv"), &value));
	ck_assert(value.p != NULL && value.n == 0);
	ck_assert(cookie_next(&list, STR("srv"), &value));
	ck_assert(value.p != NULL && value.n == 0);
	ck_assert(!cookie_next(&list, STR("srv"), &value));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cookie");
	SRunner *runner;
	int failed;
	TCase *tcase = tcase_create("cookie");

	tcase_add_loop_test(tcase,
	    named_cookies_go_and_all_others_stay_as_they_are, 0,
	    sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(tcase, what_stood_in_the_buffer_before_stays_there);
	tcase_add_test(tcase, all_cookies_of_a_name_are_found_in_their_order);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
