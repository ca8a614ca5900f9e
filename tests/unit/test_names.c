/*
 * test_names.c - from a host name to its vhost.
 */
#include <check.h>
#include <stdio.h>

#include "common/conf/names.h"

#define NAMES 5000

struct conf_vhost {
	char any;
};

static struct arena arena;
static struct conf_names names;
static struct conf_vhost vhosts[NAMES];

static void setup(void)
{
	arena_init(&arena);
	conf_names_init(&names, &arena, NAMES);
	ck_assert_int_eq(conf_pattern_init(), 0);
}

static void teardown(void)
{
	arena_free(&arena);
}

static void add(const char *text, unsigned vhost)
{
	conf_names_add(&names, str_from(text), &vhosts[vhost]);
}

static void must_find(const char *host, unsigned vhost)
{
	ck_assert_ptr_eq(conf_names_find(&names, str_from(host)),
	    &vhosts[vhost]);
}

static void must_not_find(const char *host)
{
	ck_assert_ptr_null(conf_names_find(&names, str_from(host)));
}

START_TEST(each_of_thousands_is_found_and_nothing_else)
{
	for (unsigned i = 0; i < NAMES; i++) {
		char text[32];

		snprintf(text, sizeof(text), "h%u.example", i);
		conf_names_add(&names,
		    str_from(arena_strdup(&arena, str_from(text))),
		    &vhosts[i]);
	}
	for (unsigned i = 0; i < NAMES; i++) {
		char text[32];

		snprintf(text, sizeof(text), "h%u.example", i);
		must_find(text, i);
		snprintf(text, sizeof(text), "h%u.exampl", i);
		must_not_find(text);
		snprintf(text, sizeof(text), "a.h%u.example", i);
		must_not_find(text);
	}
	must_not_find("");
	must_not_find("example");
	ck_assert_ptr_null(conf_names_find(&names, STR_NONE));
}
END_TEST

START_TEST(the_longest_suffix_wins_and_the_exact_name_over_it)
{
	add(".example.com", 1);
	add(".shop.example.com", 2);
	add("www.shop.example.com", 3);
	must_find("a.example.com", 1);
	must_find("a.b.example.com", 1);
	must_find("a.shop.example.com", 2);
	must_find("a.www.shop.example.com", 2);
	must_find("www.shop.example.com", 3);
	must_find("shop.example.com", 1);
}
END_TEST

START_TEST(a_suffix_takes_neither_its_own_domain_nor_lookalikes)
{
	add(".example.com", 1);
	must_not_find("example.com");
	must_not_find("badexample.com");
	must_not_find("com");
}
END_TEST

START_TEST(patterns_come_behind_names_and_before_the_catch_all)
{
	struct conf_pattern_fault fault;
	struct conf_pattern *first = conf_pattern_compile(&arena,
	    STR("^u[0-9]+\\.example\\.com$"), &fault);
	struct conf_pattern *second =
	    conf_pattern_compile(&arena, STR("example"), &fault);

	conf_names_add_pattern(&names, first, &vhosts[1]);
	conf_names_add_pattern(&names, second, &vhosts[2]);
	add("u7.example.com", 3);
	names.catch_all = &vhosts[4];
	must_find("u8.example.com", 1);
	must_find("u7.example.com", 3);
	must_find("x.example.com", 2);
	must_find("elsewhere.test", 4);
	conf_pattern_free_all(first);
	conf_pattern_free_all(second);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("names");
	TCase *tc = tcase_create("names");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_of_thousands_is_found_and_nothing_else);
	tcase_add_test(
	    tc, the_longest_suffix_wins_and_the_exact_name_over_it);
	tcase_add_test(
	    tc, a_suffix_takes_neither_its_own_domain_nor_lookalikes);
	tcase_add_test(
	    tc, patterns_come_behind_names_and_before_the_catch_all);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
