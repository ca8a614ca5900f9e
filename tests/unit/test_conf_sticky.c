/*
 * test_conf_sticky.c - the setting sticky of a pool, as read.
 */
#include <check.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/conf/value.h"
#include "tests/unit/test_conf_util.h"

static struct conf_case c;

static void write_secret(const char *name, const char *text)
{
	char path[64];

	conf_case_text(&c, name, text);
	snprintf(path, sizeof(path), "%s/%s", c.dir, name);
	ck_assert_int_eq(chmod(path, 0600), 0);
}

static void setup(void)
{
	conf_case_begin(&c);
	conf_case_text(&c, "sluiced.conf", CASE_USER);
	write_secret("long.key", "0123456789abcdef0123456789abcdef\n");
	write_secret("short.key", "0123456789abcde\n");
}

static void teardown(void)
{
	conf_case_end(&c);
}

#define TWO "servers = [ \"http://127.0.0.1:1\", \"http://127.0.0.1:2\" ]; "

/* A vhost with the pools P and Q; %s: the folder, as often as it is there. */
static void write_pools(const char *p, const char *q)
{
	char text[2048], with_dir[2048];

	snprintf(text, sizeof(text),
	    "host = [ \"a.test\", \"b.test\" ];\n"
	    "pools = { p = { " TWO "%s };\n          q = { " TWO "%s }; };\n"
	    "routes = ( { path = \"/\"; pool = \"p\"; },\n"
	    "           { path = \"/q\"; pool = \"q\"; } );\n", p, q);
	snprintf(with_dir, sizeof(with_dir), text, c.dir);
	conf_case_text(&c, "vhosts.d/a.conf", with_dir);
}

static const struct conf_stay *load(const char *sticky)
{
	write_pools(sticky, "");
	conf_case_load_good(&c);
	return c.conf->pools[0]->sticky;
}

static void load_bad(const char *sticky, const char *message)
{
	write_pools(sticky, "");
	conf_case_load_bad(&c, message);
}

START_TEST(clients_stay_nowhere_unless_it_is_said)
{
	ck_assert_ptr_null(load(""));
	ck_assert_uint_eq(c.conf->vhosts[0]->sticky_cookie_count, 0);
}
END_TEST

START_TEST(a_cookie_has_a_name_and_an_hour)
{
	const struct conf_stay *s = load("sticky = { cookie = \"srv\"; };");

	ck_assert_int_eq(s->kind, CONF_STAY_COOKIE);
	ck_assert(str_eq(s->cookie, STR("srv")));
	ck_assert_int_eq(s->ttl, USEC_PER_HOUR);
	ck_assert(!s->fails && !s->has_secret);
	ck_assert_ptr_null(c.conf->pools[1]->sticky);
	ck_assert_uint_eq(c.conf->vhosts[0]->sticky_cookie_count, 1);
	ck_assert(str_eq(c.conf->vhosts[0]->sticky_cookies[0], STR("srv")));
}
END_TEST

START_TEST(everything_can_be_said)
{
	const struct conf_stay *s = load("sticky = { cookie = \"srv\"; "
	    "ttl = \"0s\"; if_down = \"fail\"; "
	    "secret = \"${file:%s/long.key}\"; };");
	struct hash_id id = {{0, 0}};

	id = hash_id_add(id, STR("0123456789abcdef0123456789abcdef"));
	ck_assert_int_eq(s->ttl, 0);
	ck_assert(s->fails && s->has_secret);
	ck_assert_uint_eq(s->secret.k[0], id.word[0]);
	ck_assert_uint_eq(s->secret.k[1], id.word[1]);
}
END_TEST

START_TEST(a_key_is_a_template)
{
	const struct conf_stay *s =
	    load("sticky = { key = \"header:X-User\"; ttl = \"30m\"; };");

	ck_assert_int_eq(s->kind, CONF_STAY_KEY);
	ck_assert_int_eq(s->ttl, 1800 * USEC_PER_SEC);
	ck_assert_uint_eq(s->key.count, 1);
	ck_assert_int_eq(s->key.parts[0].id, CONF_NAME_header);
	ck_assert(str_eq(s->key.parts[0].text, STR("X-User")));
	ck_assert_uint_eq(c.conf->vhosts[0]->sticky_cookie_count, 0);
}
END_TEST

START_TEST(a_cookie_can_be_learnt)
{
	const struct conf_stay *s =
	    load("sticky = { learn = \"JSESSIONID\"; ttl = \"1s\"; };");

	ck_assert_int_eq(s->kind, CONF_STAY_LEARN);
	ck_assert(str_eq(s->cookie, STR("JSESSIONID")));
	ck_assert_uint_eq(c.conf->vhosts[0]->sticky_cookie_count, 0);
}
END_TEST

static const struct {
	const char *sticky;
	const char *message;
} bad[] = {
    {"sticky = { };", "\"sticky\" does not say by what clients are known"},
    {"sticky = { ttl = \"1h\"; };",
	"\"sticky\" does not say by what clients are known"},
    {"sticky = { cookie = \"a\"; learn = \"b\"; };",
	"\"cookie\" and \"learn\" exclude each other"},
    {"sticky = { cookie = \"a\"; key = \"client_ip\"; };",
	"\"cookie\" and \"key\" exclude each other"},
    {"sticky = { learn = \"a\"; key = \"client_ip\"; };",
	"exclude each other"},
    {"sticky = { cookie = \"a b\"; };",
	"\"a b\" is not the name of a cookie"},
    {"sticky = { cookie = \"a=b\"; };", "is not the name of a cookie"},
    {"sticky = { cookie = \"a;b\"; };", "is not the name of a cookie"},
    {"sticky = { learn = \"\\\"\"; };", "is not the name of a cookie"},
    {"sticky = { cookie = \"\\x01\"; };", "is not the name of a cookie"},
    {"sticky = { key = \"nonsense\"; };",
	"is nothing that a request is known by"},
    {"sticky = { cookie = \"a\"; ttl = \"999ms\"; };",
	"less than a second is too little here"},
    {"sticky = { learn = \"a\"; ttl = \"0s\"; };",
	"clients are known for a second at least"},
    {"sticky = { key = \"client_ip\"; ttl = \"0s\"; };",
	"clients are known for a second at least"},
    {"sticky = { cookie = \"a\"; if_down = \"fallback\"; };",
	"\"if_down\" is \"other\" or \"fail\""},
    {"sticky = { cookie = \"a\"; "
     "secret = \"0123456789abcdef0123456789abcdef\"; };",
	"a secret does not belong into the configuration"},
    {"sticky = { cookie = \"a\"; secret = \"${file:%s/short.key}\"; };",
	"a secret of less than 16 bytes can be guessed"},
    {"sticky = { key = \"client_ip\"; secret = \"${file:%s/long.key}\"; };",
	"there is nothing to sign without \"cookie\""},
};

START_TEST(what_can_not_work_is_refused)
{
	load_bad(bad[_i].sticky, bad[_i].message);
}
END_TEST

START_TEST(a_secret_is_never_shown)
{
	const struct conf_stay *s = load("sticky = { cookie = \"srv\"; "
	    "secret = \"${file:%s/long.key}\"; };");
	char *shown = NULL;
	size_t n = 0;
	struct conf_request request = {.show = open_memstream(&shown, &n)};
	char path[64];

	ck_assert(s->has_secret);
	snprintf(path, sizeof(path), "%s/sluiced.conf", c.dir);
	request.file = path;
	conf_case_load(&c, &request);
	fclose(request.show);
	ck_assert_ptr_nonnull(strstr(shown, "/long.key}"));
	ck_assert_ptr_null(strstr(shown, "0123456789abcdef"));
	ck_assert_ptr_nonnull(strstr(shown, "if_down = \"other\""));
	free(shown);
}
END_TEST

static void must_warn(const char *p, const char *q, const char *id)
{
	write_pools(p, q);
	conf_case_load(&c, NULL);
	ck_assert_ptr_nonnull(c.conf);
	ck_assert_uint_eq(c.warnings, id != NULL);
	ck_assert_msg(id == NULL || strstr(c.messages, id) != NULL, "%s",
	    c.messages);
}

START_TEST(two_pools_with_one_cookie_are_odd)
{
	must_warn("sticky = { cookie = \"srv\"; };",
	    "sticky = { cookie = \"srv\"; };", "[sticky-cookie-shared]");
	ck_assert_uint_eq(c.conf->vhosts[0]->sticky_cookie_count, 1);
	must_warn("sticky = { cookie = \"srv\"; };",
	    "sticky = { cookie = \"Srv\"; };", NULL);
	ck_assert_uint_eq(c.conf->vhosts[0]->sticky_cookie_count, 2);
	must_warn("sticky = { learn = \"srv\"; };",
	    "sticky = { learn = \"srv\"; };", NULL);
}
END_TEST

START_TEST(staying_with_the_only_server_is_odd)
{
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a.test\";\n"
	    "pools = { p = { servers = [ \"http://127.0.0.1:3\" ]; "
	    "sticky = { cookie = \"srv\"; }; }; };\n"
	    "routes = ( { path = \"/\"; pool = \"p\"; } );\n");
	conf_case_load(&c, NULL);
	ck_assert_uint_eq(c.warnings, 1);
	ck_assert_ptr_nonnull(strstr(c.messages, "[sticky-single]"));
}
END_TEST

START_TEST(staying_beside_a_hash_is_odd)
{
	must_warn("balance = \"hash:client_ip\"; "
	    "sticky = { cookie = \"srv\"; };", "", "[sticky-hash]");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conf_sticky");
	TCase *tcase = tcase_create("conf_sticky");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, clients_stay_nowhere_unless_it_is_said);
	tcase_add_test(tcase, a_cookie_has_a_name_and_an_hour);
	tcase_add_test(tcase, everything_can_be_said);
	tcase_add_test(tcase, a_key_is_a_template);
	tcase_add_test(tcase, a_cookie_can_be_learnt);
	tcase_add_loop_test(tcase, what_can_not_work_is_refused, 0,
	    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tcase, a_secret_is_never_shown);
	tcase_add_test(tcase, two_pools_with_one_cookie_are_odd);
	tcase_add_test(tcase, staying_with_the_only_server_is_odd);
	tcase_add_test(tcase, staying_beside_a_hash_is_odd);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
