/*
 * test_conf_show.c - the settings in force as text, and messages as JSON.
 */
#include <check.h>
#include <stdlib.h>

#include "common/conf/report.h"
#include "tests/unit/test_conf_util.h"

#define ORIGIN "\"http://127.0.0.1:3000\""

static struct conf_case c;
static char *shown;

static void setup(void)
{
	conf_case_begin(&c);
	shown = NULL;
}

static void teardown(void)
{
	free(shown);
	conf_case_end(&c);
}

/* What -T HOST PATH prints, in `shown`. */
static void show(const char *host, const char *path)
{
	struct conf_request request = {.show_host = host, .show_path = path};
	char file[64];
	size_t size;

	free(shown);
	snprintf(file, sizeof(file), "%s/sluiced.conf", c.dir);
	request.file = file;
	request.show = open_memstream(&shown, &size);
	ck_assert_ptr_nonnull(request.show);
	conf_case_load(&c, &request);
	fclose(request.show);
}

/* The line of `shown` that begins with TEXT behind blanks, up to its "#". */
static void has_line(const char *text, const char *place)
{
	const char *found = strstr(shown, text);
	const char *end = found != NULL ? strchr(found, '\n') : NULL;
	const char *at = found != NULL ? strchr(found, '#') : NULL;

	ck_assert_msg(found != NULL, "no %s in:\n%s", text, shown);
	ck_assert_msg(at != NULL && at < end &&
	    strncmp(at + 2, place, strlen(place)) == 0 &&
	    at[2 + strlen(place)] == '\n', "%s is not from %s:\n%s", text,
	    place, shown);
}

static void write_rich(void)
{
	conf_case_text(&c, "secret", "hush\n");
	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "limits = { body = \"5m\"; };\n"
	    "presets = { p = { timeouts = { idle = \"5m\"; };\n"
	    "  headers = { response = { set = { X-A = \"1\"; X-B = \"${host}\";"
	    " }; remove = \"X-P\"; }; }; }; };\n"
	    "errors = ( { status = 503; retry_after = \"30s\"; } );\n");
	conf_case_text(&c, "vhosts.d/a.conf",
	    "host = [ \"a.example\", \"*.a.example\" ];\n"
	    "use = \"p\"; listen = [ \"8080\", \"unix:/run/a\" ];\n"
	    "pools = { web = { servers = [ " ORIGIN ", \"unix:/run/b\" ]; }; };\n"
	    "headers = { response = { set = { X-B = \"two \\\\ \\\"q\\\"\\t\";"
	    " }; }; };\n"
	    "rewrite = ( { match = \"^/old/(.*)$\"; to = \"/new/${1}\"; } );\n"
	    "routes = ( { path = \"/api\"; pool = \"web\"; log = false;\n"
	    "             limits = { body = \"1g\"; }; },\n"
	    "  { path_regex = \"^/p/(\\\\d+)$\"; proxy = " ORIGIN ";\n"
	    "    headers = { request = { set = { X-N = \"${path}\"; }; }; }; } );\n"
	    "proxy = " ORIGIN ";\n");
	conf_case_text(&c, "vhosts.d/b.conf",
	    "host = \"b.example\"; redirect = \"https://a.example${path}\";\n");
}

START_TEST(each_setting_has_its_place)
{
	write_rich();
	show("a.example", NULL);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
	ck_assert_str_eq(c.messages, "");
	ck_assert(strncmp(shown, "# ---- vhosts.d/a.conf\n", 23) == 0);
	has_line("host = [ \"a.example\", \"*.a.example\" ];",
	    "vhosts.d/a.conf:1");
	has_line("body = \"5m\";", "sluiced.conf:2");
	has_line("idle = \"5m\";", "sluiced.conf:3");
	has_line("header = \"64k\";", "default");
	has_line("X-A = \"1\";", "sluiced.conf:4");
	has_line("X-B = \"two \\\\ \\\"q\\\"\\t\";", "vhosts.d/a.conf:4");
	has_line("\"X-P\"", "sluiced.conf:4");
	has_line("body = \"1g\";", "vhosts.d/a.conf:7");
	has_line("log = false;", "vhosts.d/a.conf:6");
	has_line("weight = 1;", "default");
	has_line("retry_after = \"30s\";", "sluiced.conf:5");
	ck_assert_ptr_null(strstr(shown, "b.example"));
}
END_TEST

START_TEST(the_first_server_of_a_short_list_is_in_its_long_form)
{
	write_rich();
	show("x.a.example", NULL);
	has_line("url = " ORIGIN ";", "vhosts.d/a.conf:3");
}
END_TEST

static void has(const char *text)
{
	ck_assert_msg(strstr(shown, text) != NULL, "no %s in:\n%s", text,
	    shown);
}

START_TEST(the_pool_of_a_proxy_is_shown_as_remarks)
{
	conf_case_text(&c, "sluiced.conf", CASE_USER);
	conf_case_text(&c, "vhosts.d/a.conf",
	    "host = \"a.example\"; proxy = " ORIGIN ";\n");
	show("a.example", NULL);
	has("\n    # timeouts = {\n    #   connect = \"3s\"; ");
	has("\n    #   total = \"0s\"; ");
	has("\n    # keepalive = {\n    #   idle = 32; ");
	has("\n    # limits = {\n    #   header = \"64k\"; ");
	has_line("connect = \"3s\";", "default");
	show("a.example", "/x");
	has("\n    # timeouts = {\n    #   connect = \"3s\"; ");
}
END_TEST

START_TEST(a_pool_with_a_name_has_no_remarks)
{
	conf_case_text(&c, "sluiced.conf", CASE_USER);
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a.example\";\n"
	    "pools = { p = { servers = [ " ORIGIN " ]; }; };\n"
	    "routes = ( { path = \"/\"; pool = \"p\"; } );\n");
	show("a.example", NULL);
	has_line("connect = \"3s\";", "default");
	ck_assert_ptr_null(strstr(shown, "# timeouts"));
}
END_TEST

/* Without the places. */
static void strip_places(char *text)
{
	char *to = text;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *place = strstr(line, "# ");
		size_t n = place != NULL && place != line
			       ? (size_t)(place - line) : strlen(line);

		while (n > 0 && line[n - 1] == ' ')
			n--;
		memmove(to, line, n);
		to += n;
		*to++ = '\n';
	}
	*to = '\0';
}

/* Writes the files of `shown` in place of those that it was made from. */
static void write_shown(void)
{
	char *copy = strdup(shown), *at = strstr(copy, "# ---- ");

	while (at != NULL) {
		char *name = at + strlen("# ---- ");
		char *text = strchr(name, '\n');

		at = strstr(text, "# ---- ");
		*text++ = '\0';
		conf_case_write(&c, name, text,
		    at != NULL ? (size_t)(at - text) : strlen(text));
	}
	free(copy);
}

/* What is shown of the files as they are loads, and shows the same. */
static void must_come_back(void)
{
	char *first;

	show(NULL, NULL);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
	first = strdup(shown);
	write_shown();
	show(NULL, NULL);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
	strip_places(first);
	strip_places(shown);
	ck_assert_msg(strcmp(first, shown) == 0, "first:\n%s\nthen:\n%s",
	    first, shown);
	free(first);
}

START_TEST(what_is_shown_loads_and_shows_the_same)
{
	write_rich();
	must_come_back();
}
END_TEST

START_TEST(a_check_is_shown_without_what_its_type_has_not)
{
	conf_case_text(&c, "sluiced.conf", CASE_USER);
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a.example\";\n"
	    "pools = { p = { servers = [ " ORIGIN " ];\n"
	    "  health = { type = \"tcp\"; }; };\n"
	    "  q = { servers = [ " ORIGIN " ];\n"
	    "  health = { type = \"tls\"; host = \"b.example\"; }; }; };\n"
	    "routes = ( { path = \"/\"; pool = \"p\"; },"
	    " { path = \"/q\"; pool = \"q\"; } );\n");
	must_come_back();
}
END_TEST

START_TEST(tls_is_shown_in_full_but_no_key)
{
	conf_case_pems(&c);
	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "tls = { cert = \"pem/rsa.pem\"; min = \"1.3\"; hsts = \"1d\"; };\n"
	    "limits = { handshakes = \"9/1s\"; streams = 99; };\n");
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"www.example.com\";\n"
	    "tls = { certs = ( { cert = \"../pem/www.pem\"; } );\n"
	    "  client_ca = \"../pem/ca.pem\"; };\n"
	    "pools = { p = { servers = [ \"https://127.0.0.1\" ];\n"
	    "  proxy_protocol = \"v2\"; tls = { name = \"x\"; }; }; };\n"
	    "routes = ( { path = \"/\"; pool = \"p\";\n"
	    "  client_cert = \"none\"; limits = { body = \"1m\"; }; } );\n");
	conf_case_text(&c, "vhosts.d/b.conf", "host = \"shop.example.com\";\n"
	    "tls = \"passthrough\"; proxy = \"tcp://127.0.0.1:1\";\n");
	conf_case_text(&c, "vhosts.d/c.conf",
	    "tcp = \"[::1]:1\"; proxy = \"tcp://127.0.0.1:1\";\n");
	conf_case_text(&c, "vhosts.d/d.conf",
	    "host = \"d\"; tls = false; proxy = \"http://127.0.0.1:1\";\n");
	show(NULL, NULL);
	ck_assert_ptr_nonnull(strstr(shown, "/vhosts.d/../pem/www.pem\";"));
	has_line("max_age = \"1d\";", "sluiced.conf:2");
	has_line("ciphers = \"ECDHE+AESGCM:ECDHE+CHACHA20\";", "default");
	has_line("listen = ( \"80\", \"443\" );", "default");
	ck_assert_ptr_null(strstr(shown, "PRIVATE"));
	must_come_back();
}
END_TEST

START_TEST(a_path_shows_the_routes_that_may_take_it)
{
	char *second;

	ck_assert_int_eq(conf_pattern_init(), 0);
	write_rich();
	show("A.example", "/p/7");
	second = strstr(shown, "path_regex = ");
	ck_assert_ptr_nonnull(second);
	ck_assert_ptr_nonnull(strstr(second, "path = \"/\";"));
	ck_assert_ptr_null(strstr(shown, "path = \"/api\";"));
	/* and all that holds there, what is inherited too */
	has_line("X-N = \"${path}\";", "vhosts.d/a.conf:9");
	show("a.example", "/api/x");
	ck_assert_ptr_nonnull(strstr(shown, "path = \"/api\";"));
	ck_assert_ptr_null(strstr(shown, "path_regex"));
}
END_TEST

START_TEST(a_host_that_nobody_has_is_an_error)
{
	write_rich();
	show("b.exmaple", NULL);
	ck_assert_ptr_null(c.conf);
	ck_assert_str_eq(c.messages, "-T: error: no vhost has the host "
	    "\"b.exmaple\"\nhelp: did you mean \"b.example\"?\n");
	ck_assert_str_eq(shown, "");
}
END_TEST

START_TEST(no_secret_is_shown)
{
	char text[300];

	setenv("SLUICE_TEST_A", "hush", 1);
	conf_case_text(&c, "secret", "hush");
	snprintf(text, sizeof(text), "host = \"a\"; proxy = " ORIGIN ";\n"
	    "headers = { request = { set = { X-Key = \"${file:%s/secret}\";"
	    " X-E = \"${env:SLUICE_TEST_A}${host}\"; X-D = \"$${x}\"; }; }; };",
	    c.dir);
	conf_case_text(&c, "sluiced.conf", CASE_USER);
	conf_case_text(&c, "vhosts.d/a.conf", text);
	show(NULL, NULL);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
	ck_assert_ptr_null(strstr(shown, "hush"));
	ck_assert_ptr_nonnull(strstr(shown, "/secret}\";"));
	ck_assert_ptr_nonnull(strstr(shown, "\"${env:SLUICE_TEST_A}${host}\""));
	ck_assert_ptr_nonnull(strstr(shown, "X-D = \"$${x}\";"));
}
END_TEST

/* ---- JSON ---- */

static void load_json(char **text_r)
{
	struct conf_report report = {.json = true};
	struct conf_request request = {.file = NULL};
	struct conf *conf;
	char file[64], prefix[40];
	size_t size;

	snprintf(file, sizeof(file), "%s/sluiced.conf", c.dir);
	snprintf(prefix, sizeof(prefix), "%s/", c.dir);
	request.file = file;
	report.out = open_memstream(text_r, &size);
	conf = conf_load_with(&request, &report);
	conf_report_end(&report);
	fclose(report.out);
	conf_free(&conf);
	conf_case_remove(*text_r, prefix);
}

START_TEST(messages_can_be_json)
{
	char *text;

	conf_case_text(&c, "sluiced.conf", CASE_USER);
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a\";\n"
	    "routes = ( { path = \"/\"; pool = \"w\\x01\\xff\\\"\xc3\xa4\"; });\n"
	    "tiemouts = { };\n");
	load_json(&text);
	ck_assert_str_eq(text, "[\n"
	    "{\"file\":\"vhosts.d/a.conf\",\"line\":2,\"column\":33,\"level\":"
	    "\"error\",\"id\":null,\"text\":\"there is no pool "
	    "\\\"w\\u0001?\\\"\xc3\xa4\\\"\",\"help\":[\"define it in "
	    "\\\"pools\\\", or write proxy = \\\"http://127.0.0.1:3000\\\";\"]},\n"
	    "{\"file\":\"vhosts.d/a.conf\",\"line\":3,\"column\":1,\"level\":"
	    "\"error\",\"id\":null,\"text\":\"unknown setting "
	    "\\\"tiemouts\\\"\",\"help\":[\"did you mean \\\"timeouts\\\"?  "
	    "(timeouts of clients)\"]}\n]\n");
	free(text);
}
END_TEST

START_TEST(no_message_is_an_empty_array)
{
	char *text;

	conf_case_text(&c, "sluiced.conf", CASE_USER);
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a\"; proxy = " ORIGIN
	    ";\n");
	load_json(&text);
	ck_assert_str_eq(text, "[]\n");
	free(text);
}
END_TEST

START_TEST(a_warning_has_its_id_in_json)
{
	char *text;

	conf_case_text(&c, "sluiced.conf", CASE_USER);
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a\"; proxy = [ " ORIGIN
	    ",\n" ORIGIN " ];\n");
	load_json(&text);
	ck_assert_str_eq(text, "[\n"
	    "{\"file\":\"vhosts.d/a.conf\",\"line\":2,\"column\":1,\"level\":"
	    "\"warning\",\"id\":\"server-twice\",\"text\":\"this server is "
	    "listed twice\",\"help\":[\"for a larger share, give it a "
	    "\\\"weight\\\"\"]}\n]\n");
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_show");
	TCase *tc = tcase_create("show");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_setting_has_its_place);
	tcase_add_test(tc,
	    the_first_server_of_a_short_list_is_in_its_long_form);
	tcase_add_test(tc, the_pool_of_a_proxy_is_shown_as_remarks);
	tcase_add_test(tc, a_pool_with_a_name_has_no_remarks);
	tcase_add_test(tc, what_is_shown_loads_and_shows_the_same);
	tcase_add_test(tc, a_check_is_shown_without_what_its_type_has_not);
	tcase_add_test(tc, tls_is_shown_in_full_but_no_key);
	tcase_add_test(tc, a_path_shows_the_routes_that_may_take_it);
	tcase_add_test(tc, a_host_that_nobody_has_is_an_error);
	tcase_add_test(tc, no_secret_is_shown);
	tcase_add_test(tc, messages_can_be_json);
	tcase_add_test(tc, no_message_is_an_empty_array);
	tcase_add_test(tc, a_warning_has_its_id_in_json);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
