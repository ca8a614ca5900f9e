/*
 * test_conf_scale.c - 5,000 vhosts with 10 routes each.
 *
 * The limits are those of a plain build; a sanitizer may be slower.
 */
#include <check.h>
#include <malloc.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/test_conf_util.h"

#define VHOSTS 5000
#define ROUTES 10

#ifdef __SANITIZE_ADDRESS__
#define SLOWER 20
#else
#define SLOWER 1
#endif

static struct conf_case c;

static void write_vhost(unsigned i)
{
	char name[40], text[2000];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text),
	    "host = [ \"v%u.example.com\", \"www.v%u.example.com\" ];\n"
	    "use = \"p\"; limits = { body = \"%um\"; };\n"
	    "pools = { web = { servers = [ \"http://127.0.0.1:3000\",\n"
	    "                              \"http://127.0.0.1:3001\" ]; }; };\n"
	    "routes = (", i, i, i % 100);
	for (unsigned r = 0; r < ROUTES; r++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%s\n  { path = \"/r%u/x\"; pool = \"web\";\n"
		    "    limits = { body = \"1m\"; }; }", r > 0 ? "," : "", r);
	n += (size_t)snprintf(text + n, sizeof(text) - n, " );\n");
	ck_assert_uint_lt(n, sizeof(text));
	snprintf(name, sizeof(name), "vhosts.d/v%04u.conf", i);
	conf_case_write(&c, name, text, n);
}

static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

START_TEST(thousands_of_vhosts_load_in_two_seconds_and_little_memory)
{
	double began;
	size_t before;

	conf_case_begin(&c);
	conf_case_text(&c, "sluiced.conf", CASE_USER "listen = \"8080\";\n"
	    "presets = { p = { timeouts = { idle = \"5m\"; }; }; };\n");
	for (unsigned i = 0; i < VHOSTS; i++)
		write_vhost(i);
	began = seconds();
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	conf_case_load_good(&c);
	ck_assert_double_lt(seconds() - began, 2.0 * SLOWER);
	ck_assert_uint_eq(c.conf->vhost_count, VHOSTS);
	ck_assert_uint_eq(c.conf->vhosts[VHOSTS - 1]->route_count, ROUTES);
	if (SLOWER == 1)
		ck_assert_uint_lt(mallinfo2().uordblks + mallinfo2().hblkhd -
		    before, (size_t)VHOSTS * 12 * 1024);
	ck_assert_ptr_eq(conf_names_find(&c.conf->listeners[0].names,
	    STR("www.v4999.example.com")), c.conf->vhosts[VHOSTS - 1]);
	conf_case_end(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_scale");
	TCase *tc = tcase_create("scale");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc,
	    thousands_of_vhosts_load_in_two_seconds_and_little_memory);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
