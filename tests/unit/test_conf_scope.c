/*
 * test_conf_scope.c - what holds for an exchange, and what a pool may do.
 *
 * Each setting comes from the nearest of route, vhost, sluiced.conf and the
 * defaults; a listener grants the most that any of them does.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/test_conf_util.h"

#define ORIGIN "\"http://127.0.0.1:3000\""
#define VHOST(host) "host = \"" host "\"; proxy = " ORIGIN ";\n"

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

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

static void load(const char *global, const char *vhost)
{
	char text[1000];

	snprintf(text, sizeof(text), "%s%s", CASE_USER, global);
	conf_case_text(&c, "sluiced.conf", text);
	conf_case_text(&c, "vhosts.d/a.conf", vhost);
	conf_case_load_good(&c);
}

static const struct conf_scope *scope_of(const char *path)
{
	const struct conf_route *route =
	    conf_find_route(c.conf->vhosts[0], str_from(path));

	ck_assert_ptr_nonnull(route);
	return route->scope;
}

static void is_default(const struct conf_scope *scope)
{
	ck_assert_uint_eq(scope->limits.body, 10 * MIB);
	ck_assert_uint_eq(scope->limits.head.header, 64 * KIB);
	ck_assert_uint_eq(scope->limits.head.fields, 100);
	ck_assert_uint_eq(scope->limits.head.url, 16 * KIB);
	ck_assert_uint_eq(scope->limits.min_rate.bytes, 256);
	ck_assert_int_eq(scope->limits.min_rate.over, 30 * USEC_PER_SEC);
	ck_assert_int_eq(scope->timeouts.header, 10 * USEC_PER_SEC);
	ck_assert_int_eq(scope->timeouts.idle, 60 * USEC_PER_SEC);
	ck_assert_int_eq(scope->timeouts.websocket, USEC_PER_HOUR);
}

START_TEST(two_lines_have_every_limit)
{
	load("", VHOST("a"));
	is_default(c.conf->scope);
	is_default(c.conf->vhosts[0]->scope);
	is_default(scope_of("/"));
	ck_assert_uint_eq(c.conf->memory, 256 * MIB);
	ck_assert_uint_eq(c.conf->fibers, 16384);
}
END_TEST

START_TEST(the_daemon_has_its_own)
{
	load("memory = \"16m\"; fibers = 64;\n", VHOST("a"));
	ck_assert_uint_eq(c.conf->memory, 16 * MIB);
	ck_assert_uint_eq(c.conf->fibers, 64);
}
END_TEST

START_TEST(each_setting_comes_from_the_nearest_place)
{
	load("limits = { body = \"1m\"; url = \"1k\"; fields = 50; };\n"
	     "timeouts = { idle = \"30s\"; };\n",
	    "host = \"a\"; limits = { body = \"2m\"; url = \"2k\"; };\n"
	    "timeouts = { header = \"5s\"; };\n"
	    "routes = ( { path = \"/\"; proxy = " ORIGIN "; },\n"
	    "  { path = \"/up\"; proxy = " ORIGIN ";\n"
	    "    limits = { body = \"2g\"; min_rate = \"1k/10s\"; };\n"
	    "    timeouts = { websocket = \"12h\"; }; } );\n");
	ck_assert_uint_eq(c.conf->scope->limits.body, MIB);
	ck_assert_uint_eq(scope_of("/")->limits.body, 2 * MIB);
	ck_assert_uint_eq(scope_of("/up")->limits.body, 2 * GIB);
	ck_assert_uint_eq(scope_of("/up")->limits.head.url, 2 * KIB);
	ck_assert_uint_eq(scope_of("/up")->limits.head.fields, 50);
	ck_assert_uint_eq(scope_of("/up")->limits.head.header, 64 * KIB);
	ck_assert_uint_eq(scope_of("/up")->limits.min_rate.bytes, KIB);
	ck_assert_uint_eq(scope_of("/")->limits.min_rate.bytes, 256);
	ck_assert_int_eq(scope_of("/up")->timeouts.header, 5 * USEC_PER_SEC);
	ck_assert_int_eq(scope_of("/up")->timeouts.idle, 30 * USEC_PER_SEC);
	ck_assert_int_eq(scope_of("/up")->timeouts.websocket,
	    12 * USEC_PER_HOUR);
	ck_assert_int_eq(scope_of("/")->timeouts.websocket, USEC_PER_HOUR);
}
END_TEST

START_TEST(upgrades_and_half_closes_are_as_the_nearest_says)
{
	load("", VHOST("a"));
	ck_assert(scope_of("/")->websocket);
	ck_assert(!scope_of("/")->half_close);
	conf_case_end(&c);
	conf_case_begin(&c);
	load("websocket = false;\n",
	    "host = \"a\"; half_close = true;\n"
	    "routes = ( { path = \"/\"; proxy = " ORIGIN "; },\n"
	    "  { path = \"/ws\"; proxy = " ORIGIN "; websocket = true; } );\n");
	ck_assert(!scope_of("/")->websocket);
	ck_assert(scope_of("/ws")->websocket);
	ck_assert(scope_of("/")->half_close);
	ck_assert(scope_of("/ws")->half_close);
	ck_assert(!c.conf->scope->half_close);
}
END_TEST

START_TEST(routes_that_say_nothing_share_the_vhosts_scope)
{
	load("", "host = \"a\"; limits = { body = \"0\"; };\n"
	    "routes = ( { path = \"/\"; proxy = " ORIGIN "; },\n"
	    "  { path = \"/b\"; proxy = " ORIGIN "; } );\n");
	ck_assert_uint_eq(c.conf->vhosts[0]->scope->limits.body, 0);
	ck_assert_ptr_eq(scope_of("/"), c.conf->vhosts[0]->scope);
	ck_assert_ptr_eq(scope_of("/b"), c.conf->vhosts[0]->scope);
}
END_TEST

START_TEST(a_listener_grants_the_most_of_its_vhosts_and_routes)
{
	const struct conf_listener *l;

	conf_case_text(&c, "vhosts.d/b.conf",
	    "host = \"b\"; timeouts = { header = \"20s\"; };\n"
	    "limits = { header = \"4k\"; url = \"1k\"; fields = 10; };\n"
	    "routes = ( { path = \"/\"; proxy = " ORIGIN ";\n"
	    "  limits = { fields = 20; }; } );\n");
	conf_case_text(&c, "vhosts.d/c.conf",
	    "listen = \"127.0.0.1:81\";" VHOST("c"));
	load("listen = \"127.0.0.1:80\"; limits = { body = \"7m\"; };\n",
	    "host = \"a\";\n"
	    "proxy = " ORIGIN "; timeouts = { header = \"2s\"; };\n"
	    "limits = { header = \"2k\"; url = \"2k\"; fields = 5; };\n");
	l = conf_case_listener(&c, "127.0.0.1:80");
	ck_assert_uint_eq(l->scope->limits.head.header, 4 * KIB);
	ck_assert_uint_eq(l->scope->limits.head.url, 2 * KIB);
	ck_assert_uint_eq(l->scope->limits.head.fields, 20);
	ck_assert_int_eq(l->scope->timeouts.header, 20 * USEC_PER_SEC);
	ck_assert_uint_eq(l->scope->limits.body, 7 * MIB);
	ck_assert_int_eq(l->scope->timeouts.idle, 60 * USEC_PER_SEC);
	l = conf_case_listener(&c, "127.0.0.1:81");
	ck_assert_uint_eq(l->scope->limits.head.header, 64 * KIB);
	ck_assert_int_eq(l->scope->timeouts.header, 10 * USEC_PER_SEC);
}
END_TEST

/* ---- pools ---- */

START_TEST(a_pool_has_patience_by_default)
{
	const struct conf_pool *pool;

	load("", VHOST("a"));
	pool = c.conf->pools[0];
	ck_assert_int_eq(pool->timeouts.connect, 3 * USEC_PER_SEC);
	ck_assert_int_eq(pool->timeouts.first_byte, 60 * USEC_PER_SEC);
	ck_assert_int_eq(pool->timeouts.idle, 60 * USEC_PER_SEC);
	ck_assert_int_eq(pool->timeouts.total, 0);
	ck_assert_uint_eq(pool->idle_max, 32);
	ck_assert_int_eq(pool->idle_timeout, 4 * USEC_PER_SEC);
	ck_assert_uint_eq(pool->header_max, 64 * KIB);
}
END_TEST

START_TEST(a_pool_that_says_so_has_another)
{
	const struct conf_pool *pool;

	load("", "host = \"a\"; pools = { web = { servers = " ORIGIN ";\n"
	    "timeouts = { connect = \"500ms\"; total = \"10m\"; };\n"
	    "keepalive = { idle = 0; timeout = \"50s\"; };\n"
	    "limits = { header = \"16k\"; }; }; };\n"
	    "routes = ( { path = \"/\"; pool = \"web\"; } );\n");
	pool = c.conf->pools[0];
	ck_assert_int_eq(pool->timeouts.connect, 500 * USEC_PER_MSEC);
	ck_assert_int_eq(pool->timeouts.first_byte, 60 * USEC_PER_SEC);
	ck_assert_int_eq(pool->timeouts.total, 600 * USEC_PER_SEC);
	ck_assert_uint_eq(pool->idle_max, 0);
	ck_assert_int_eq(pool->idle_timeout, 50 * USEC_PER_SEC);
	ck_assert_uint_eq(pool->header_max, 16 * KIB);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_scope");
	TCase *tc = tcase_create("scope");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, two_lines_have_every_limit);
	tcase_add_test(tc, the_daemon_has_its_own);
	tcase_add_test(tc, each_setting_comes_from_the_nearest_place);
	tcase_add_test(tc, upgrades_and_half_closes_are_as_the_nearest_says);
	tcase_add_test(tc, routes_that_say_nothing_share_the_vhosts_scope);
	tcase_add_test(tc,
	    a_listener_grants_the_most_of_its_vhosts_and_routes);
	tcase_add_test(tc, a_pool_has_patience_by_default);
	tcase_add_test(tc, a_pool_that_says_so_has_another);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
