/*
 * test_conf_routes.c - what routes, headers and host patterns of several files
 * make together, and what is warned of.
 */
#include <check.h>

#include "tests/unit/test_conf_util.h"

#define ORIGIN "\"http://127.0.0.1:3000\""

static struct conf_case c;

static void setup(void)
{
	conf_case_begin(&c);
	conf_case_text(&c, "sluiced.conf", CASE_USER);
}

static void teardown(void)
{
	conf_case_end(&c);
}

static void must_warn(const char *message)
{
	conf_case_load(&c, NULL);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
	ck_assert_msg(strstr(c.messages, message) != NULL,
	    "%s is not in\n%s", message, c.messages);
	ck_assert_uint_eq(c.warnings, 1);
}

/* ---- host patterns ---- */

START_TEST(a_wildcard_that_takes_all_of_a_pattern_is_told)
{
	conf_case_text(&c, "vhosts.d/a.conf",
	    "host = \"*.example.com\"; proxy = " ORIGIN ";\n");
	conf_case_text(&c, "vhosts.d/b.conf",
	    "host = \"~^shop[0-9]+[.]eu\\\\.example\\\\.com$\";\n"
	    "proxy = " ORIGIN ";\n");
	must_warn("b.conf:1:8: warning: this pattern can never match: a.conf:1 "
		  "has a wildcard for all such names [wildcard-shadows]");
}
END_TEST

START_TEST(a_wildcard_that_takes_some_of_a_pattern_is_not)
{
	conf_case_text(&c, "vhosts.d/a.conf",
	    "host = [ \"*.example.com\", \"*\" ]; proxy = " ORIGIN ";\n");
	conf_case_text(&c, "vhosts.d/b.conf",
	    "host = [ \"~^(.*\\\\.)?example\\\\.com$\", \"~^a\\\\.\",\n"
	    "  \"~\\\\.example\\\\.(com|org)$\", \"~example\\\\.com$\" ];\n"
	    "proxy = " ORIGIN ";\n");
	conf_case_load_good(&c);
}
END_TEST

START_TEST(patterns_are_in_the_order_of_the_files)
{
	const struct conf_listener *l;

	conf_case_text(&c, "vhosts.d/b.conf",
	    "host = \"~^a\"; proxy = " ORIGIN ";\n");
	conf_case_text(&c, "vhosts.d/a.conf",
	    "host = [ \"~^ab\", \"~^abc\" ]; proxy = " ORIGIN ";\n");
	conf_case_load_good(&c);
	l = conf_case_listener(&c, "0.0.0.0:80");
	ck_assert_uint_eq(l->names.pattern_count, 3);
	ck_assert_ptr_eq(conf_names_find(&l->names, STR("abcd")), c.conf->vhosts[0]);
	ck_assert_ptr_eq(conf_names_find(&l->names, STR("aa")), c.conf->vhosts[1]);
	ck_assert_ptr_null(conf_names_find(&l->names, STR("b")));
	ck_assert_ptr_null(conf_names_find(&l->names, STR_NONE));
}
END_TEST

/* ---- routes ---- */

static void load_routes(const char *routes)
{
	char text[1000];

	snprintf(text, sizeof(text), "host = \"a\";\nroutes = (\n%s);\n",
	    routes);
	conf_case_text(&c, "vhosts.d/a.conf", text);
}

#define ROUTE(way) "{ " way " proxy = " ORIGIN "; }"

START_TEST(what_can_never_match_is_told)
{
	load_routes(ROUTE("path_regex = \"^/a$\";") ",\n"
	    ROUTE("path_regex = \"^/a$\"; first = true;"));
	must_warn("a.conf:3:16: warning: this route can never match: line 4 "
		  "has the same pattern [unreachable-route]");
	load_routes(ROUTE("path = \"/a\"; query = \"b\";") ",\n"
	    ROUTE("path = \"/a/\"; query = \"b\";"));
	must_warn("a.conf:4:10: warning: this route can never match: line 3 "
		  "has the same path");
}
END_TEST

START_TEST(what_may_match_is_not)
{
	load_routes(ROUTE("path = \"/a\";") ",\n"
	    ROUTE("path_exact = \"/a\";") ",\n"
	    ROUTE("path = \"/a\"; query = \"b\";") ",\n"
	    ROUTE("path = \"/a\"; query = \"c\";") ",\n"
	    ROUTE("path_regex = \"^/ab/\";") ",\n"
	    ROUTE("path_regex = \"^/a/b\"; first = true;") ",\n"
	    ROUTE("path = \"/\";") ",\n"
	    ROUTE("path_regex = \"^/(a|b)/\";"));
	conf_case_load_good(&c);
}
END_TEST

/* ---- fields ---- */

static void check_field(const struct conf_fields *fields, unsigned i,
    const char *name, const char *value)
{
	const struct conf_field *f = &fields->at[i];

	ck_assert_uint_lt(i, fields->count);
	ck_assert(str_eq(f->name, str_from(name)));
	ck_assert_int_eq(f->removed, value == NULL);
	if (value != NULL)
		ck_assert(str_eq(f->value.parts[0].text, str_from(value)));
}

START_TEST(the_nearest_word_on_a_field_holds)
{
	const struct conf_vhost *v;

	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "presets = { p = { headers = { response = {\n"
	    "  set = { X-A = \"p\"; X-B = \"p\"; }; }; }; }; };\n"
	    "headers = { response = { set = { X-A = \"g\"; X-C = \"g\"; };\n"
	    "  remove = [ \"X-D\" ]; }; };\n");
	conf_case_text(&c, "vhosts.d/a.conf",
	    "host = \"a\"; use = \"p\";\n"
	    "headers = { response = { add = { x-b = \"v\"; }; }; };\n"
	    "routes = ( { path = \"/r\"; proxy = " ORIGIN ";\n"
	    "  headers = { response = { remove = [ \"X-C\" ]; }; }; },\n"
	    "  { path = \"/q\"; proxy = " ORIGIN ";\n"
	    "  headers = { request = { set = { X-Q = \"q\"; }; }; }; } );\n");
	conf_case_load_good(&c);
	v = c.conf->vhosts[0];
	check_field(&v->scope->response_fields, 0, "x-b", "v");
	check_field(&v->scope->response_fields, 1, "X-A", "p");
	check_field(&v->scope->response_fields, 2, "X-C", "g");
	check_field(&v->scope->response_fields, 3, "X-D", NULL);
	ck_assert_uint_eq(v->scope->response_fields.count, 4);
	check_field(&v->routes[0].scope->response_fields, 0, "X-C", NULL);
	ck_assert_uint_eq(v->routes[0].scope->response_fields.count, 4);
	ck_assert_uint_eq(v->routes[0].scope->request_fields.count, 0);
	check_field(&v->routes[1].scope->request_fields, 0, "X-Q", "q");
	ck_assert_uint_eq(v->routes[1].scope->response_fields.count, 4);
	check_field(&c.conf->scope->response_fields, 0, "X-A", "g");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf/routes");
	TCase *tc = tcase_create("routes");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_wildcard_that_takes_all_of_a_pattern_is_told);
	tcase_add_test(tc, a_wildcard_that_takes_some_of_a_pattern_is_not);
	tcase_add_test(tc, patterns_are_in_the_order_of_the_files);
	tcase_add_test(tc, what_can_never_match_is_told);
	tcase_add_test(tc, what_may_match_is_not);
	tcase_add_test(tc, the_nearest_word_on_a_field_holds);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
