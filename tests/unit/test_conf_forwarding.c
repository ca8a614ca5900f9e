/*
 * test_conf_forwarding.c - trusted_proxies, send_host and forwarded, as read.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>

#include "common/conf/network.h"
#include "tests/unit/test_conf_util.h"

static struct conf_case c;

static void setup(void)
{
	conf_case_begin(&c);
}

static void teardown(void)
{
	conf_case_end(&c);
}

static void load(const char *global, const char *vhost)
{
	char text[1024];

	snprintf(text, sizeof(text), CASE_USER "%s", global);
	conf_case_text(&c, "sluiced.conf", text);
	conf_case_text(&c, "vhosts.d/a.conf", vhost);
	conf_case_load_good(&c);
}

#define TWO_LINES "host = \"a\";\nproxy = \"http://127.0.0.1:3000\";\n"
#define ROUTES(more) \
	"host = \"a\";\n" \
	"pools = { p = { servers = [ \"http://127.0.0.1:3000\" ]; }; };\n" \
	"routes = ( { path = \"/\"; pool = \"p\"; },\n" \
	"           { path = \"/r\"; pool = \"p\"; " more " } );\n"

static const struct conf_scope *vhost_scope(void)
{
	return c.conf->vhosts[0]->scope;
}

/* Of the route /r. */
static const struct conf_scope *route_scope(void)
{
	const struct conf_vhost *v = c.conf->vhosts[0];

	for (unsigned i = 0; i < v->route_count; i++)
		if (str_eq(v->routes[i].path, STR("/r")))
			return v->routes[i].scope;
	ck_abort_msg("there is no route /r");
}

static void check_fixed(const struct conf_scope *scope, const char *host)
{
	ck_assert_uint_eq(scope->send_host, CONF_HOST_FIXED);
	ck_assert_str_eq(scope->fixed_host, host);
}

START_TEST(nobody_is_trusted_unless_it_is_said)
{
	load("", TWO_LINES);
	ck_assert_uint_eq(c.conf->trusted.count, 0);
	ck_assert_uint_eq(vhost_scope()->send_host, CONF_HOST_CLIENT);
	ck_assert(!vhost_scope()->forwarded);
}
END_TEST

START_TEST(networks_are_read_in_their_order)
{
	const struct conf_network *n;

	load("trusted_proxies = [ \"10.0.0.0/8\", \"2001:DB8::/33\", \"unix\", "
	    "\"192.0.2.1\" ];\n", TWO_LINES);
	n = c.conf->trusted.at;
	ck_assert_uint_eq(c.conf->trusted.count, 4);
	ck_assert(n[0].family == AF_INET && n[0].bits == 8);
	ck_assert(n[1].family == AF_INET6 && n[1].bits == 33);
	ck_assert_mem_eq(n[1].addr, "\x20\x01\x0d\xb8\0\0", 6);
	ck_assert(n[2].family == AF_UNIX);
	ck_assert(n[3].family == AF_INET && n[3].bits == 32);
	ck_assert_mem_eq(n[3].addr, "\xc0\0\2\1\0", 5);
}
END_TEST

START_TEST(one_network_needs_no_brackets)
{
	load("trusted_proxies = \"::1\";\n", TWO_LINES);
	ck_assert_uint_eq(c.conf->trusted.count, 1);
	ck_assert_uint_eq(c.conf->trusted.at[0].bits, 128);
}
END_TEST

START_TEST(host_is_taken_from_the_nearest_place)
{
	load("send_host = \"Global.Test\";\n", TWO_LINES);
	check_fixed(c.conf->scope, "global.test");
	check_fixed(vhost_scope(), "global.test");
	load("send_host = \"global.test\";\n",
	    "send_host = \"server\";\n" ROUTES("send_host = \"[::1]:80\";"));
	ck_assert_uint_eq(vhost_scope()->send_host, CONF_HOST_SERVER);
	check_fixed(route_scope(), "[::1]:80");
	load("send_host = \"global.test\";\n", ROUTES("send_host = \"client\";"));
	ck_assert_uint_eq(route_scope()->send_host, CONF_HOST_CLIENT);
	load("", ROUTES("send_host = \"Two.Words:8080\";"));
	check_fixed(route_scope(), "two.words:8080");
	ck_assert_uint_eq(vhost_scope()->send_host, CONF_HOST_CLIENT);
}
END_TEST

START_TEST(forwarded_is_taken_from_the_nearest_place)
{
	load("forwarded = true;\n", ROUTES("forwarded = false;"));
	ck_assert(vhost_scope()->forwarded);
	ck_assert(!route_scope()->forwarded);
	load("", "forwarded = true;\n" ROUTES(""));
	ck_assert(!c.conf->scope->forwarded);
	ck_assert(route_scope()->forwarded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conf_forwarding");
	TCase *tc = tcase_create("conf_forwarding");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nobody_is_trusted_unless_it_is_said);
	tcase_add_test(tc, networks_are_read_in_their_order);
	tcase_add_test(tc, one_network_needs_no_brackets);
	tcase_add_test(tc, host_is_taken_from_the_nearest_place);
	tcase_add_test(tc, forwarded_is_taken_from_the_nearest_place);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
