/*
 * test_conf_preset.c - presets, and messages that are told once and in order.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/test_conf_util.h"

#define VHOST(host) "host = \"" host "\"; proxy = \"http://127.0.0.1:3000\";\n"
#define MIB ((uint64_t)1024 * 1024)

#define PRESETS CASE_USER                                                     \
	"limits = { body = \"1m\"; url = \"1k\"; fields = 10; };\n"           \
	"presets = {\n"                                                       \
	"  a = { limits = { body = \"2m\"; url = \"2k\"; };\n"                \
	"        timeouts = { idle = \"2s\"; }; };\n"                         \
	"  b = { limits = { body = \"3m\"; }; timeouts = { header = \"3s\"; };" \
	" };\n"                                                               \
	"};\n"

static struct conf_case c;

static void setup(void)
{
	conf_case_begin(&c);
}

static void teardown(void)
{
	conf_case_end(&c);
}

static const struct conf_scope *load(const char *use)
{
	char text[300];

	snprintf(text, sizeof(text), VHOST("a") "%s", use);
	conf_case_text(&c, "sluiced.conf", PRESETS);
	conf_case_text(&c, "vhosts.d/a.conf", text);
	conf_case_text(&c, "vhosts.d/b.conf", VHOST("b")
	    "use = [ \"a\", \"b\" ];\n");
	conf_case_load_good(&c);
	return c.conf->vhosts[0]->scope;
}

START_TEST(a_preset_stands_between_vhost_and_sluiced_conf)
{
	const struct conf_scope *s = load("use = \"a\";\n");

	ck_assert_uint_eq(s->limits.body, 2 * MIB);
	ck_assert_uint_eq(s->limits.head.url, 2048);
	ck_assert_uint_eq(s->limits.head.fields, 10);
	ck_assert_int_eq(s->timeouts.idle, 2 * USEC_PER_SEC);
	s = load("use = \"a\"; limits = { body = \"9m\"; };\n");
	ck_assert_uint_eq(s->limits.body, 9 * MIB);
	ck_assert_uint_eq(s->limits.head.url, 2048);
	s = load("");
	ck_assert_uint_eq(s->limits.body, 1 * MIB);
}
END_TEST

START_TEST(the_later_preset_is_nearer)
{
	const struct conf_scope *s = load("use = [ \"a\", \"b\" ];\n");

	ck_assert_uint_eq(s->limits.body, 3 * MIB);
	ck_assert_uint_eq(s->limits.head.url, 2048);
	ck_assert_int_eq(s->timeouts.idle, 2 * USEC_PER_SEC);
	ck_assert_int_eq(s->timeouts.header, 3 * USEC_PER_SEC);
	s = load("use = [ \"b\", \"a\" ];\n");
	ck_assert_uint_eq(s->limits.body, 2 * MIB);
}
END_TEST

START_TEST(routes_inherit_from_presets)
{
	load("use = \"a\"; routes = ( { path = \"/x\"; limits = { fields = 5; };"
	    " proxy = \"http://127.0.0.1:3001\"; } );\n");
	for (unsigned i = 0; i < c.conf->vhosts[0]->route_count; i++) {
		const struct conf_route *r = &c.conf->vhosts[0]->routes[i];

		ck_assert_uint_eq(r->scope->limits.body, 2 * MIB);
		ck_assert_uint_eq(r->scope->limits.head.fields,
		    r->path.n > 1 ? 5 : 10);
	}
}
END_TEST

START_TEST(an_unused_preset_is_a_warning)
{
	conf_case_text(&c, "sluiced.conf", PRESETS);
	conf_case_text(&c, "vhosts.d/a.conf", VHOST("a") "use = \"b\";\n");
	conf_case_load(&c, NULL);
	ck_assert_ptr_nonnull(c.conf);
	ck_assert_uint_eq(c.warnings, 1);
	ck_assert_ptr_nonnull(strstr(c.messages, "sluiced.conf:4:3: warning: "
	    "no vhost uses the preset \"a\" [preset-unused]\n"));
}
END_TEST

START_TEST(an_unknown_preset_has_a_suggestion)
{
	conf_case_text(&c, "sluiced.conf",
	    CASE_USER "presets = { patient = { timeouts = { }; }; };\n");
	conf_case_text(&c, "vhosts.d/a.conf", VHOST("a") "use = \"pateint\";\n");
	conf_case_load_bad(&c,
	    "a.conf:2:7: error: there is no preset \"pateint\"\n");
	conf_case_load_bad(&c, "help: did you mean \"patient\"?\n");
}
END_TEST

/* ---- told once, in order ---- */

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return n;
}

START_TEST(what_is_inherited_is_told_once)
{
	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "cookies = { same_site = \"Never\"; };\n"
	    "presets = { a = { cookies = { rewrite_domain = \"a b\"; }; }; };\n");
	conf_case_text(&c, "vhosts.d/a.conf", VHOST("a") "use = \"a\";\n");
	conf_case_text(&c, "vhosts.d/b.conf", VHOST("b") "use = \"a\";\n");
	conf_case_text(&c, "vhosts.d/c.conf", VHOST("c"));
	conf_case_load_bad(&c, "sluiced.conf:2:25: error: ");
	ck_assert_uint_eq(c.errors, 2);
	ck_assert_uint_eq(count(c.messages, ": error: "), 2);
	ck_assert_uint_eq(count(c.messages, "\n    | "), 2);
}
END_TEST

START_TEST(messages_come_in_the_order_of_the_lines)
{
	unsigned line, last = 0;

	conf_case_text(&c, "sluiced.conf", CASE_USER);
	conf_case_text(&c, "vhosts.d/a.conf",
	    "use = \"none\";\n"
	    "host = \"a b\";\n"
	    "routes = ( { path = \"x\"; proxy = \"y\"; } );\n"
	    "limits = { body = 1; };\n"
	    "nonsense = 1;\n"
	    "pools = { web = { servers = [ \"z\" ]; }; };\n");
	conf_case_load(&c, NULL);
	ck_assert_uint_gt(c.errors, 5);
	for (const char *at = c.messages;
	     (at = strstr(at, "a.conf:")) != NULL; at++) {
		ck_assert_int_eq(sscanf(at, "a.conf:%u", &line), 1);
		ck_assert_uint_ge(line, last);
		last = line;
	}
	ck_assert_uint_eq(last, 6);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_preset");
	TCase *tc = tcase_create("presets");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_preset_stands_between_vhost_and_sluiced_conf);
	tcase_add_test(tc, the_later_preset_is_nearer);
	tcase_add_test(tc, routes_inherit_from_presets);
	tcase_add_test(tc, an_unused_preset_is_a_warning);
	tcase_add_test(tc, an_unknown_preset_has_a_suggestion);
	tcase_add_test(tc, what_is_inherited_is_told_once);
	tcase_add_test(tc, messages_come_in_the_order_of_the_lines);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
