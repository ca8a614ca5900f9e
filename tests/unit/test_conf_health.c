/*
 * test_conf_health.c - how servers are checked, taken out and shut off, as it
 * is loaded.  What is refused is in conf/bad/health.conf.
 */
#include <check.h>
#include <stdlib.h>

#include "common/conf/health.h"
#include "tests/unit/test_conf_util.h"

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

/* The pool "p" with SETTINGS, beside a server. */
static const struct conf_pool *load(const char *settings)
{
	char text[1024];

	snprintf(text, sizeof(text), "host = \"a\";\npools = { p = { servers = "
	    "[ \"http://127.0.0.1:3000\" ]; %s }; };\n"
	    "routes = ( { path = \"/\"; pool = \"p\"; } );", settings);
	conf_case_text(&c, "vhosts.d/a.conf", text);
	conf_case_load_good(&c);
	ck_assert_str_eq(c.messages, "");
	return c.conf->vhosts[0]->routes[0].pool;
}

static void must_be(struct str got, const char *want)
{
	ck_assert_msg(str_eq(got, str_from(want)), "%" PRI_STR " is not %s",
	    ARG_STR(got), want);
}

/* ---- health ---- */

START_TEST(there_are_no_checks_unless_they_are_written)
{
	ck_assert_ptr_null(load("")->health);
	ck_assert_ptr_null(load("health = false;")->health);
}
END_TEST

START_TEST(true_is_all_defaults)
{
	const struct conf_health *h = load("health = true;")->health;

	ck_assert_int_eq(h->type, CONF_HEALTH_HTTP);
	must_be(h->path, "/");
	must_be(h->method, "GET");
	must_be(h->host, "");
	must_be(h->lines, "User-Agent: sluice-health\r\n");
	ck_assert_str_eq(h->expect_text, "200-299");
	ck_assert(conf_health_expects(h, 200) && conf_health_expects(h, 299));
	ck_assert(!conf_health_expects(h, 199) && !conf_health_expects(h, 300));
	ck_assert_ptr_null(h->body);
	ck_assert_int_eq(h->every, 5 * USEC_PER_SEC);
	ck_assert_int_eq(h->timeout, 2 * USEC_PER_SEC);
	ck_assert_uint_eq(h->rise, 2);
	ck_assert_uint_eq(h->fall, 3);
	ck_assert_uint_eq(h->jitter, 100000);
}
END_TEST

START_TEST(everything_can_be_said)
{
	const struct conf_health *h = load("health = { path = \"/z?full=1\"; "
	    "host = \"App.Internal:81\"; method = \"POST\"; "
	    "headers = { X-A = \" b \"; user-agent = \"me\"; }; "
	    "expect = ( 200, \"301-302\", 599 ); body = \"ready|ok\"; "
	    "port = 81; every = \"1s\"; timeout = \"100ms\"; rise = 1; "
	    "fall = 4; jitter = \"0%\"; };")->health;

	must_be(h->path, "/z?full=1");
	must_be(h->host, "app.internal:81");
	must_be(h->method, "POST");
	must_be(h->lines, "X-A: b\r\nuser-agent: me\r\n");
	ck_assert_str_eq(h->expect_text, "200, 301-302, 599");
	ck_assert(conf_health_expects(h, 200) && conf_health_expects(h, 302) &&
	    conf_health_expects(h, 599));
	ck_assert(!conf_health_expects(h, 201) && !conf_health_expects(h, 0) &&
	    !conf_health_expects(h, 600));
	ck_assert_int_eq(conf_pattern_match(h->body, STR("I am ok"), NULL),
	    CONF_MATCH);
	ck_assert_uint_eq(h->port, 81);
	ck_assert_uint_eq(h->fall, 4);
	ck_assert_uint_eq(h->jitter, 0);
}
END_TEST

START_TEST(the_same_check_has_the_same_identity_and_no_other_has)
{
	static const char *const others[] = {"type = \"tcp\";",
	    "path = \"/b\";", "host = \"b\";", "method = \"PUT\";",
	    "headers = { X = \"y\"; };", "expect = 200;", "body = \"x\";",
	    "port = 81;", "every = \"6s\";", "timeout = \"3s\";", "rise = 3;",
	    "fall = 4;", "jitter = \"1%\";"};
	char first[512], text[256];
	struct str id = load("health = { path = \"/\"; };")->health->identity;
	size_t n = id.n;

	ck_assert_uint_le(n, sizeof(first));
	memcpy(first, id.p, n);
	ck_assert(str_eq(load("health = true;")->health->identity,
	    str_make(first, n)));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), "health = { %s };", others[i]);
		ck_assert_msg(!str_eq(load(text)->health->identity,
		    str_make(first, n)), "%s", others[i]);
	}
}
END_TEST

/* ---- outlier, breaker ---- */

START_TEST(who_errs_is_taken_out_unless_that_is_switched_off)
{
	const struct conf_outlier *o = load("")->outlier;

	ck_assert_uint_eq(o->errors, 5);
	ck_assert_int_eq(o->within, 10 * USEC_PER_SEC);
	ck_assert_int_eq(o->eject, 10 * USEC_PER_SEC);
	ck_assert_uint_eq(o->max_ejected, 500000);
	ck_assert_uint_eq(o->error_rate, 0);
	ck_assert_int_eq(o->latency, 0);
	ck_assert_ptr_null(load("outlier = false;")->outlier);
	o = load("outlier = { errors = 0; error_rate = \"30%\"; "
	    "latency = \"1s\"; };")->outlier;
	ck_assert_uint_eq(o->errors, 0);
	ck_assert_uint_eq(o->error_rate, 300000);
	ck_assert_uint_eq(o->requests, 20);
	ck_assert_int_eq(o->latency, USEC_PER_SEC);
}
END_TEST

START_TEST(a_pool_has_no_breaker_unless_it_is_written)
{
	const struct conf_breaker *b;

	ck_assert_ptr_null(load("")->breaker);
	b = load("breaker = true;")->breaker;
	ck_assert_uint_eq(b->error_rate, 500000);
	ck_assert_uint_eq(b->requests, 20);
	ck_assert_int_eq(b->within, 10 * USEC_PER_SEC);
	ck_assert_int_eq(b->open, 5 * USEC_PER_SEC);
	b = load("breaker = { open = \"1s\"; };")->breaker;
	ck_assert_int_eq(b->open, USEC_PER_SEC);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_health");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, there_are_no_checks_unless_they_are_written);
	tcase_add_test(tc, true_is_all_defaults);
	tcase_add_test(tc, everything_can_be_said);
	tcase_add_test(tc,
	    the_same_check_has_the_same_identity_and_no_other_has);
	tcase_add_test(tc, who_errs_is_taken_out_unless_that_is_switched_off);
	tcase_add_test(tc, a_pool_has_no_breaker_unless_it_is_written);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
