/*
 * test_conf_load.c - what more than one file, or none, make together.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test_conf_util.h"

#define VHOST(host) "host = \"" host "\"; proxy = \"http://127.0.0.1:3000\";\n"

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

/* ---- files ---- */

START_TEST(a_file_that_is_named_must_exist)
{
	struct conf_request request = {.file = "/no/such/sluiced.conf"};

	conf_case_load(&c, &request);
	ck_assert_ptr_null(c.conf);
	ck_assert_str_eq(c.messages, "/no/such/sluiced.conf: error: "
	    "it cannot be read: No such file or directory\n");
}
END_TEST

START_TEST(no_vhost_is_an_error_that_shows_two_lines)
{
	static const char expected[] =
	    "vhosts.d: error: there is no vhost: no file here ends in "
	    "\".conf\"\n"
	    "help: write two lines into app.conf:\n"
	    "help:     host  = \"app.example.com\";\n"
	    "help:     proxy = \"http://127.0.0.1:3000\";\n";

	conf_case_load_bad(&c, expected); /* without the directory */
	conf_case_text(&c, "vhosts.d/README", VHOST("a"));
	conf_case_text(&c, "vhosts.d/.hidden.conf", VHOST("a"));
	conf_case_text(&c, "vhosts.d/a.conf.old", VHOST("a"));
	conf_case_load_bad(&c, expected);
}
END_TEST

START_TEST(vhosts_are_read_in_name_order)
{
	conf_case_text(&c, "vhosts.d/20.conf", VHOST("b"));
	conf_case_text(&c, "vhosts.d/10.conf", VHOST("c"));
	conf_case_text(&c, "vhosts.d/30.conf", VHOST("a"));
	conf_case_load_good(&c);
	ck_assert_uint_eq(c.conf->vhost_count, 3);
	ck_assert_str_eq(c.conf->vhosts[0]->name, "c");
	ck_assert_str_eq(c.conf->vhosts[1]->name, "b");
	ck_assert_str_eq(c.conf->vhosts[2]->name, "a");
	for (unsigned i = 0; i < c.conf->pool_count; i++) {
		ck_assert_uint_eq(c.conf->pools[i]->id, i);
		ck_assert_ptr_eq(c.conf->pools[i]->vhost, c.conf->vhosts[i]);
	}
}
END_TEST

START_TEST(a_bad_vhost_does_not_hide_the_errors_of_others)
{
	conf_case_text(&c, "sluiced.conf", CASE_USER "wrkers = 2;\n");
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a;\n");
	conf_case_text(&c, "vhosts.d/b.conf", VHOST("b") "nonsense = 1;\n");
	conf_case_text(&c, "vhosts.d/c.conf", VHOST("c") "x = 5s;\n");
	conf_case_load_bad(&c,
	    "sluiced.conf:2:1: error: unknown setting \"wrkers\"");
	conf_case_load_bad(&c, "a.conf:1:8: error: this string is not closed");
	conf_case_load_bad(&c,
	    "b.conf:2:1: error: unknown setting \"nonsense\"");
	conf_case_load_bad(&c,
	    "c.conf:2:5: error: a value with a unit needs quotes");
	ck_assert_uint_eq(c.errors, 4);
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused)
{
	char path[64];

	conf_case_text(&c, "vhosts.d/a.conf", VHOST("a"));
	snprintf(path, sizeof(path), "%s/vhosts.d/b.conf", c.dir);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/vhosts.d/c.conf", c.dir);
	ck_assert_int_eq(mkfifo(path, 0644), 0);
	snprintf(path, sizeof(path), "%s/vhosts.d/d.conf", c.dir);
	ck_assert_int_eq(symlink("nowhere", path), 0);
	conf_case_load_bad(&c,
	    "b.conf: error: it cannot be read: it is not a regular file");
	conf_case_load_bad(&c,
	    "c.conf: error: it cannot be read: it is not a regular file");
	conf_case_load_bad(&c,
	    "d.conf: error: it cannot be read: No such file");
}
END_TEST

START_TEST(a_file_larger_than_1_mib_is_refused)
{
	size_t n = (1 << 20) + 1;
	char *text = malloc(n);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', n);
	conf_case_write(&c, "vhosts.d/a.conf", text, n);
	conf_case_load_bad(&c,
	    "a.conf: error: it cannot be read: it is larger than 1 MiB");
	memcpy(text, VHOST("a"), strlen(VHOST("a")));
	conf_case_write(&c, "vhosts.d/a.conf", text, n - 1);
	conf_case_load_good(&c);
	free(text);
}
END_TEST

START_TEST(settings_of_one_file_are_bounded)
{
	size_t n = 1 << 20;
	char *text = malloc(n + 1);
	size_t at = 0;

	ck_assert_ptr_nonnull(text);
	for (unsigned i = 0; i < 1001; i++)
		at += (size_t)sprintf(text + at, "a%u = 1;\n", i);
	conf_case_write(&c, "vhosts.d/a.conf", text, at);
	conf_case_load_bad(&c,
	    "a.conf:1001:1: error: more than 1000 settings in one group");
	memcpy(text, "a = [1", 6);
	for (at = 6; at + 2 < n; at += 2)
		memcpy(text + at, ",1", 2);
	conf_case_write(&c, "vhosts.d/a.conf", text, at);
	conf_case_load_bad(&c, "error: more than 65536 settings and values");
	ck_assert_uint_eq(c.errors, 1);
	free(text);
}
END_TEST

START_TEST(includes_are_relative_to_the_file_that_includes)
{
	conf_case_text(&c, "vhosts.d/a.conf",
	    "@include \"../inc/host.inc\"\nproxy = \"http://127.0.0.1:1\";\n");
	conf_case_text(&c, "inc/host.inc",
	    "\xef\xbb\xbf# a comment\n  @include \"names.inc\" # more");
	conf_case_text(&c, "inc/names.inc", "host = [ \"a\", \"b\" ] # end");
	conf_case_load_good(&c);
	ck_assert_uint_eq(c.conf->vhosts[0]->host_count, 2);
	ck_assert_ptr_nonnull(strstr(c.conf->vhosts[0]->place.file,
	    "inc/names.inc"));
	ck_assert_uint_eq(c.conf->pools[0]->place.line, 2);
}
END_TEST

START_TEST(an_include_may_stand_inside_brackets)
{
	conf_case_text(&c, "vhosts.d/a.conf",
	    "host = \"a\";\npools = { web = { servers = [\n"
	    "@include \"servers.inc\"\n"
	    "]; }; };\nroutes = ( { path = \"/\"; pool = \"web\"; } );\n");
	conf_case_text(&c, "vhosts.d/servers.inc",
	    "\"http://127.0.0.1:1\",\n\"http://127.0.0.1:2\"\n");
	conf_case_load_good(&c);
	ck_assert_uint_eq(c.conf->pools[0]->server_count, 2);
	ck_assert_uint_eq(c.conf->pools[0]->servers[1].place.line, 2);
}
END_TEST

START_TEST(errors_in_an_included_file_name_it)
{
	conf_case_text(&c, "vhosts.d/a.conf",
	    "@include \"x.inc\"\n" VHOST("a"));
	conf_case_text(&c, "vhosts.d/x.inc", "\nlisten = \"x\";\ny = off;\n");
	conf_case_load_bad(&c, "x.inc:3:5: error: \"off\" is not a value");
	conf_case_text(&c, "vhosts.d/x.inc", "\nlisten = \"x\";\n");
	conf_case_load_bad(&c,
	    "x.inc:2:10: error: \"x\" is not an address and a port");
	conf_case_text(&c, "vhosts.d/x.inc", "proxy = { # never closed\n");
	conf_case_load_bad(&c, "x.inc:1:9: error: this \"{\" is never closed");
}
END_TEST

START_TEST(includes_in_a_ring_and_without_end_are_refused)
{
	char name[32], text[64];

	conf_case_text(&c, "vhosts.d/a.conf",
	    "@include \"x.inc\"\n" VHOST("a"));
	conf_case_text(&c, "vhosts.d/x.inc", "@include \"y.inc\"\n");
	conf_case_text(&c, "vhosts.d/y.inc", "\n@include \"x.inc\"\n");
	conf_case_load_bad(&c, "y.inc:2:11: error: this file includes itself");
	for (unsigned i = 0; i < 11; i++) {
		snprintf(name, sizeof(name), "vhosts.d/%u.inc", i);
		snprintf(text, sizeof(text), "@include \"%u.inc\"\n", i + 1);
		conf_case_text(&c, name, text);
	}
	conf_case_text(&c, "vhosts.d/a.conf",
	    "@include \"0.inc\"\n" VHOST("a"));
	conf_case_load_bad(&c,
	    "9.inc:1:11: error: files are included deeper than 10 levels");
}
END_TEST

START_TEST(the_number_of_includes_is_bounded)
{
	conf_case_text(&c, "vhosts.d/a.conf",
	    "@include \"x.inc\"\n@include \"x.inc\"\n" VHOST("a"));
	conf_case_text(&c, "vhosts.d/x.inc",
	    "@include \"y.inc\"\n@include \"y.inc\"\n@include \"y.inc\"\n"
	    "@include \"y.inc\"\n@include \"y.inc\"\n@include \"y.inc\"\n");
	conf_case_text(&c, "vhosts.d/y.inc",
	    "@include \"z.inc\"\n@include \"z.inc\"\n@include \"z.inc\"\n"
	    "@include \"z.inc\"\n@include \"z.inc\"\n@include \"z.inc\"\n");
	conf_case_text(&c, "vhosts.d/z.inc", "# nothing\n");
	conf_case_load_bad(&c, "error: more than 64 files are included");
}
END_TEST

/* ---- addresses ---- */

START_TEST(a_bare_port_listens_on_both_families)
{
	const struct conf_listener *l;

	conf_case_text(&c, "vhosts.d/a.conf", "listen = 8080;" VHOST("a"));
	conf_case_load_good(&c);
	ck_assert_ptr_nonnull(conf_case_listener(&c, "0.0.0.0:8080"));
	l = conf_case_listener(&c, "[::]:8080");
	if (!conf_case_has_ipv6()) {
		ck_assert_ptr_null(l);
		return;
	}
	ck_assert_ptr_nonnull(l);
	ck_assert_int_eq(l->address.addr.ss_family, AF_INET6);
	ck_assert_uint_eq(l->names.count, 1);
	ck_assert_uint_eq(c.conf->listener_count, 2);
}
END_TEST

START_TEST(addresses_are_ready_for_the_kernel)
{
	const struct conf_listener *l;
	const struct sockaddr_in *in;
	const struct sockaddr *sa;

	conf_case_text(&c, "vhosts.d/a.conf",
	    "listen = [ \"127.0.0.1:81\", \"unix:/run/x y.sock\" ];"
	    VHOST("a"));
	conf_case_load_good(&c);
	l = conf_case_listener(&c, "127.0.0.1:81");
	in = (const void *)&l->address.addr;
	ck_assert_int_eq(in->sin_family, AF_INET);
	ck_assert_uint_eq(ntohs(in->sin_port), 81);
	ck_assert_uint_eq(ntohl(in->sin_addr.s_addr), INADDR_LOOPBACK);
	ck_assert_uint_eq(l->address.len, sizeof(*in));
	l = conf_case_listener(&c, "unix:/run/x y.sock");
	ck_assert(l->is_unix);
	sa = (const void *)&l->address.addr;
	ck_assert_int_eq(sa->sa_family, AF_UNIX);
	ck_assert_str_eq(sa->sa_data, "/run/x y.sock");
}
END_TEST

START_TEST(vhosts_share_addresses_by_default)
{
	const struct conf_listener *l;

	conf_case_text(&c, "vhosts.d/a.conf", VHOST("b.example"));
	conf_case_text(&c, "vhosts.d/b.conf", VHOST("a.example"));
	conf_case_text(&c, "vhosts.d/c.conf", VHOST("*"));
	conf_case_text(&c, "vhosts.d/d.conf",
	    "listen = [ \"80\", \"127.0.0.1:81\" ];" VHOST("c.example"));
	conf_case_load_good(&c);
	l = conf_case_listener(&c, "0.0.0.0:80");
	ck_assert_ptr_nonnull(l);
	ck_assert_uint_eq(l->names.count, 3);
	ck_assert_ptr_nonnull(conf_names_find(&l->names, STR("a.example")));
	ck_assert_ptr_nonnull(conf_names_find(&l->names, STR("b.example")));
	ck_assert_ptr_nonnull(conf_names_find(&l->names, STR("c.example")));
	ck_assert_ptr_eq(l->names.catch_all, c.conf->vhosts[2]);
	ck_assert_ptr_nonnull(strstr(l->place.file, "vhosts.d/a.conf"));
	l = conf_case_listener(&c, "127.0.0.1:81");
	ck_assert_uint_eq(l->names.count, 1);
	ck_assert_ptr_null(l->names.catch_all);
	ck_assert_ptr_nonnull(strstr(l->place.file, "vhosts.d/d.conf"));
}
END_TEST

START_TEST(a_global_listen_is_the_default_of_vhosts)
{
	const struct conf_listener *l;

	conf_case_text(&c, "sluiced.conf",
	    CASE_USER "listen = \"127.0.0.1:8080\";\n");
	conf_case_text(&c, "vhosts.d/a.conf", VHOST("a"));
	conf_case_text(&c, "vhosts.d/b.conf",
	    "listen = \"127.0.0.1:81\";" VHOST("b"));
	conf_case_load_good(&c);
	ck_assert_uint_eq(c.conf->listener_count, 2);
	ck_assert_ptr_nonnull(conf_case_listener(&c, "127.0.0.1:81"));
	l = conf_case_listener(&c, "127.0.0.1:8080");
	ck_assert_uint_eq(l->names.count, 1);
	ck_assert_uint_eq(l->place.line, 2);
}
END_TEST

START_TEST(one_host_in_two_vhosts_names_both_places)
{
	conf_case_text(&c, "vhosts.d/a.conf", VHOST("a.example"));
	conf_case_text(&c, "vhosts.d/b.conf",
	    "host = [ \"b\",\n  \"A.example\" ];\n"
	    "proxy = \"http://127.0.0.1:3000\";");
	conf_case_load_bad(&c,
	    "b.conf:2:3: error: another vhost has \"a.example\" on "
	    "0.0.0.0:80 already\n  2 |   \"A.example\" ];\n"
	    "    |   ^^^^^^^^^^^\n"
	    "help: it is a.conf:1:8; a name has one vhost on an address\n");
	ck_assert_uint_eq(c.errors, 1);
}
END_TEST

START_TEST(two_vhosts_that_catch_all_are_an_error)
{
	conf_case_text(&c, "vhosts.d/a.conf", VHOST("*"));
	conf_case_text(&c, "vhosts.d/b.conf", VHOST("*"));
	conf_case_load_bad(&c,
	    "b.conf:1:8: error: another vhost has \"*\" on 0.0.0.0:80");
}
END_TEST

START_TEST(one_host_may_have_a_vhost_an_address)
{
	conf_case_text(&c, "vhosts.d/a.conf",
	    "listen = \"127.0.0.1:81\";" VHOST("a"));
	conf_case_text(&c, "vhosts.d/b.conf",
	    "listen = \"127.0.0.1:82\";" VHOST("a"));
	conf_case_load_good(&c);
	ck_assert_ptr_eq(conf_names_find(
	    &conf_case_listener(&c, "127.0.0.1:81")->names, STR("a")),
	    c.conf->vhosts[0]);
	ck_assert_ptr_eq(conf_names_find(
	    &conf_case_listener(&c, "127.0.0.1:82")->names, STR("a")),
	    c.conf->vhosts[1]);
}
END_TEST

START_TEST(freeing_nothing_is_safe)
{
	struct conf *none = NULL;

	conf_free(&none);
	ck_assert_ptr_null(none);
}
END_TEST

static TCase *add_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	return tc;
}

static void add_files(Suite *s)
{
	TCase *tc = add_case(s, "files");

	tcase_add_test(tc, a_file_that_is_named_must_exist);
	tcase_add_test(tc, no_vhost_is_an_error_that_shows_two_lines);
	tcase_add_test(tc, vhosts_are_read_in_name_order);
	tcase_add_test(tc, a_bad_vhost_does_not_hide_the_errors_of_others);
	tcase_add_test(tc, what_is_no_regular_file_is_refused);
	tcase_add_test(tc, a_file_larger_than_1_mib_is_refused);
	tcase_add_test(tc, settings_of_one_file_are_bounded);
	tcase_add_test(tc, includes_are_relative_to_the_file_that_includes);
	tcase_add_test(tc, an_include_may_stand_inside_brackets);
	tcase_add_test(tc, errors_in_an_included_file_name_it);
	tcase_add_test(tc, includes_in_a_ring_and_without_end_are_refused);
	tcase_add_test(tc, the_number_of_includes_is_bounded);
	tcase_add_test(tc, freeing_nothing_is_safe);
}

static void add_addresses(Suite *s)
{
	TCase *tc = add_case(s, "addresses");

	tcase_add_test(tc, a_bare_port_listens_on_both_families);
	tcase_add_test(tc, addresses_are_ready_for_the_kernel);
	tcase_add_test(tc, vhosts_share_addresses_by_default);
	tcase_add_test(tc, a_global_listen_is_the_default_of_vhosts);
	tcase_add_test(tc, one_host_in_two_vhosts_names_both_places);
	tcase_add_test(tc, two_vhosts_that_catch_all_are_an_error);
	tcase_add_test(tc, one_host_may_have_a_vhost_an_address);
}

int main(void)
{
	Suite *s = suite_create("conf_load");
	SRunner *runner = srunner_create(s);
	int failed;

	add_files(s);
	add_addresses(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
