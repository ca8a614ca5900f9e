/*
 * test_conf_daemon.c - settings of the daemon, options, and the samples.
 */
#include <check.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/test_conf_util.h"

#define VHOST(host) "host = \"" host "\"; proxy = \"http://127.0.0.1:3000\";\n"

static struct conf_case c;

static const char *access_log(void)
{
	return c.conf->log_files[c.conf->scope->log->file].path;
}

static const char *error_log(void)
{
	return c.conf->log_files[c.conf->error_log.file].path;
}

static void setup(void)
{
	conf_case_begin(&c);
	conf_case_text(&c, "sluiced.conf", CASE_USER);
}

static void teardown(void)
{
	conf_case_end(&c);
}

/* ---- the daemon's settings ---- */

START_TEST(what_is_left_out_has_its_default)
{
	conf_case_text(&c, "vhosts.d/a.conf", VHOST("a"));
	conf_case_load_good(&c);
	ck_assert_str_eq(c.conf->pid_file, "/run/sluice/sluiced.pid");
	ck_assert_str_eq(c.conf->control_socket, "/run/sluice/ctl.sock");
	ck_assert_uint_eq(c.conf->control_mode, 0660);
	ck_assert(c.conf->control_gid == (gid_t)-1);
	ck_assert_str_eq(access_log(), "/var/log/sluice/access.log");
	ck_assert_str_eq(error_log(), "/var/log/sluice/error.log");
	ck_assert(c.conf->drain == 60 * USEC_PER_SEC);
	ck_assert(c.conf->drain_websocket == 3600 * USEC_PER_SEC);
	ck_assert(c.conf->watchdog == 10 * USEC_PER_SEC);
	ck_assert_uint_ge(c.conf->workers, 1);
	ck_assert_uint_le(c.conf->workers, 40);
	ck_assert_ptr_nonnull(strstr(c.conf->file, "/sluiced.conf"));
}
END_TEST

START_TEST(in_the_foreground_the_defaults_are_others)
{
	char file[64];
	struct conf_request request = {.foreground = true, .file = file};

	snprintf(file, sizeof(file), "%s/sluiced.conf", c.dir);
	conf_case_text(&c, "vhosts.d/a.conf", VHOST("a"));
	conf_case_load(&c, &request);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
	ck_assert_ptr_null(c.conf->pid_file);
	ck_assert_ptr_null(c.conf->control_socket);
	ck_assert_str_eq(access_log(), "-");
	ck_assert_str_eq(error_log(), "-");
	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "pid_file = \"/a/pid\"; control = { socket = \"/a/ctl\"; };\n"
	    "log = { file = \"/a/log\"; }; error_log = \"/a/err\";\n");
	conf_case_load(&c, &request);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
	ck_assert_str_eq(c.conf->pid_file, "/a/pid");
	ck_assert_str_eq(c.conf->control_socket, "/a/ctl");
	ck_assert_str_eq(access_log(), "/a/log");
	ck_assert_str_eq(error_log(), "/a/err");
}
END_TEST

START_TEST(what_is_written_is_honoured)
{
	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "workers = 7; vhost_dir = \"sites\";\n"
	    "control = { mode = \"0600\"; group = \"daemon\"; };\n"
	    "drain = \"500ms\"; drain_websocket = \"30d\"; watchdog = \"2m\";\n"
	    "log = { file = \"-\"; };\n");
	conf_case_text(&c, "sites/a.conf", VHOST("a"));
	conf_case_load_good(&c);
	ck_assert_uint_eq(c.conf->workers, 7);
	ck_assert_uint_eq(c.conf->control_mode, 0600);
	ck_assert(c.conf->control_gid != (gid_t)-1);
	ck_assert(c.conf->drain == 500 * USEC_PER_MSEC);
	ck_assert(c.conf->drain_websocket == 30 * 86400 * USEC_PER_SEC);
	ck_assert(c.conf->watchdog == 120 * USEC_PER_SEC);
	ck_assert_str_eq(access_log(), "-");
}
END_TEST

START_TEST(only_root_changes_its_user)
{
	const struct passwd *nobody = getpwnam("nobody");

	conf_case_text(&c, "vhosts.d/a.conf", VHOST("a"));
	conf_case_load_good(&c);
	if (geteuid() != 0) {
		ck_assert_ptr_null(c.conf->user);
		ck_assert_uint_eq(c.conf->uid, geteuid());
		return;
	}
	ck_assert_str_eq(c.conf->user, "nobody");
	ck_assert_uint_eq(c.conf->uid, nobody->pw_uid);
	ck_assert_uint_eq(c.conf->gid, nobody->pw_gid);
	ck_assert_ptr_nonnull(c.conf->group);
}
END_TEST

START_TEST(as_root_the_user_must_exist_and_have_no_rights)
{
	conf_case_text(&c, "vhosts.d/a.conf", VHOST("a"));
	conf_case_text(&c, "sluiced.conf", "user = \"no-such-user\";\n");
	conf_case_load(&c, NULL);
	if (geteuid() != 0) {
		ck_assert_ptr_nonnull(c.conf);
		return;
	}
	conf_case_load_bad(&c,
	    "sluiced.conf:1:8: error: there is no user \"no-such-user\"");
	conf_case_load_bad(&c, "help: useradd --system ");
	conf_case_text(&c, "sluiced.conf", "user = \"root\";\n");
	conf_case_load_bad(&c,
	    "sluiced.conf:1:8: error: workers do not run as root");
	conf_case_text(&c, "sluiced.conf", CASE_USER "group = \"root\";\n");
	conf_case_load_bad(&c,
	    "sluiced.conf:2:9: error: workers do not run with the group");
	conf_case_text(&c, "sluiced.conf", CASE_USER "group = \"no-group\";\n");
	conf_case_load_bad(&c,
	    "sluiced.conf:2:9: error: there is no group \"no-group\"");
	conf_case_text(&c, "sluiced.conf", CASE_USER "group = \"daemon\";\n");
	conf_case_load_good(&c);
	ck_assert_str_eq(c.conf->group, "daemon");
}
END_TEST

/* ---- quick mode ---- */

static void quick(const char *listen, const char *to)
{
	struct conf_request request = {.foreground = true,
	    .quick_listen = listen,
	    .quick_to = to};

	conf_case_load(&c, &request);
}

START_TEST(two_options_make_a_proxy)
{
	quick("127.0.0.1:8080", "127.0.0.1:3000");
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
	ck_assert_ptr_null(c.conf->file);
	ck_assert_uint_eq(c.conf->listener_count, 1);
	ck_assert_str_eq(c.conf->listeners[0].address.text, "127.0.0.1:8080");
	ck_assert_ptr_eq(c.conf->listeners[0].names.catch_all, c.conf->vhosts[0]);
	ck_assert_str_eq(c.conf->listeners[0].place.file, "--listen");
	ck_assert_str_eq(c.conf->pools[0]->servers[0].url,
	    "http://127.0.0.1:3000");
	ck_assert_str_eq(c.conf->pools[0]->servers[0].place.file, "--to");
	ck_assert_uint_eq(c.conf->vhosts[0]->route_count, 1);
	ck_assert_str_eq(access_log(), "-");
}
END_TEST

START_TEST(an_option_says_its_server_in_many_ways)
{
	static const char *const ways[][2] = {
	    {"127.0.0.1:3000", "127.0.0.1:3000"},
	    {"localhost:3000", "127.0.0.1:3000"},
	    {"3000", "127.0.0.1:3000"},
	    {":3000", "127.0.0.1:3000"},
	    {"[::1]:3000", "[::1]:3000"},
	    {"http://127.0.0.1", "127.0.0.1:80"},
	    {"unix:/run/a.sock", "unix:/run/a.sock"},
	};

	quick("127.0.0.1:8080", ways[_i][0]);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
	ck_assert_str_eq(c.conf->pools[0]->servers[0].address.text,
	    ways[_i][1]);
}
END_TEST

START_TEST(messages_name_the_option)
{
	quick("x", "ftp://127.0.0.1");
	ck_assert_ptr_null(c.conf);
	ck_assert_ptr_nonnull(strstr(c.messages,
	    "--listen: error: \"x\" is not an address and a port\nhelp: "));
	ck_assert_ptr_nonnull(strstr(c.messages,
	    "--to: error: a server's URL begins with http://, "));
	ck_assert_uint_eq(c.errors, 2);
	quick("8080", "app..example:3000");
	ck_assert_ptr_nonnull(strstr(c.messages,
	    "--to: error: \"app..example\" is neither"));
	quick("8080", "");
	ck_assert_ptr_null(c.conf);
}
END_TEST

START_TEST(quick_as_root_needs_no_user_of_ours)
{
	quick("8080", "127.0.0.1:3000");
	ck_assert_ptr_nonnull(c.conf);
	if (geteuid() != 0 || getpwnam("sluice") != NULL) {
		ck_assert_uint_eq(c.warnings, 0);
		return;
	}
	ck_assert_uint_eq(c.warnings, 1);
	ck_assert_str_eq(c.conf->user, "nobody");
	ck_assert_str_eq(c.conf->group, "nogroup");
	ck_assert_str_eq(c.messages, "--to: warning: there is no user "
	    "\"sluice\": workers run as nobody:nogroup [nobody]\n");
}
END_TEST

/* ---- the samples ---- */

static char *read_sample(const char *name)
{
	static const char here[] = __FILE__;
	const char *tests = strstr(here, "tests/unit/");
	char path[256];
	size_t n;
	char *text;

	snprintf(path, sizeof(path), "%.*setc/%s", (int)(tests - here), here,
	    name);
	text = conf_case_read_file(path, &n);
	ck_assert_msg(text != NULL, "%s is missing", path);
	return text;
}

START_TEST(the_samples_of_etc_load_together)
{
	static const char *const names[] = {"vhosts.d/app.conf",
	    "vhosts.d/db.conf", "vhosts.d/shop.conf", "vhosts.d/www.conf"};
	size_t count = sizeof(names) / sizeof(names[0]);
	char *text = read_sample("sluiced.conf");
	char main[8192];

	snprintf(main, sizeof(main), "%s\n%s", text, CASE_USER);
	free(text);
	conf_case_text(&c, "sluiced.conf", main);
	for (size_t i = 0; i < count; i++) {
		text = read_sample(names[i]);
		conf_case_text(&c, names[i], text);
		free(text);
	}
	conf_case_load_good(&c);
	ck_assert_uint_eq(c.warnings, 0);
	ck_assert_uint_eq(c.conf->vhost_count, count);
}
END_TEST

START_TEST(the_smallest_sample_has_two_lines)
{
	char *text = read_sample("vhosts.d/app.conf");
	unsigned lines = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		lines += line[0] != '#';
	ck_assert_uint_eq(lines, 2);
	free(text);
}
END_TEST

static TCase *add_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	return tc;
}

static void add_global(Suite *s)
{
	TCase *tc = add_case(s, "global");

	tcase_add_test(tc, what_is_left_out_has_its_default);
	tcase_add_test(tc, in_the_foreground_the_defaults_are_others);
	tcase_add_test(tc, what_is_written_is_honoured);
	tcase_add_test(tc, only_root_changes_its_user);
	tcase_add_test(tc, as_root_the_user_must_exist_and_have_no_rights);
}

static void add_quick(Suite *s)
{
	TCase *tc = add_case(s, "quick");

	tcase_add_test(tc, two_options_make_a_proxy);
	tcase_add_loop_test(tc, an_option_says_its_server_in_many_ways, 0, 7);
	tcase_add_test(tc, messages_name_the_option);
	tcase_add_test(tc, quick_as_root_needs_no_user_of_ours);
}

static void add_samples(Suite *s)
{
	TCase *tc = add_case(s, "samples");

	tcase_add_test(tc, the_samples_of_etc_load_together);
	tcase_add_test(tc, the_smallest_sample_has_two_lines);
}

int main(void)
{
	Suite *s = suite_create("conf_daemon");
	SRunner *runner = srunner_create(s);
	int failed;

	add_global(s);
	add_quick(s);
	add_samples(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
