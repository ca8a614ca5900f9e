/*
 * test_conf_template.c - "${host}/x" taken apart, and what may stand in
 * strings: ${env:NAME}, ${file:/PATH}, "$${".
 */
#include <check.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/conf/template.h"
#include "tests/unit/test_conf_util.h"

#define ORIGIN "proxy = \"http://127.0.0.1:3000\";\n"

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

/* ---- templates ---- */

static const char *const table[] = {"host", "path_rest", "header:"};

/* The parts of TEXT as text, or what is wrong with it. */
static const char *taken_apart(const char *text, unsigned captures)
{
	struct conf_template_names names = {table, 3, captures, NULL};
	static char got[4000];
	struct conf_template_fault fault;
	struct conf_template t;
	struct arena a;
	size_t n = 0;

	arena_init(&a);
	got[0] = '\0';
	if (!conf_template_compile(&a, str_from(text), &names, &t, &fault)) {
		snprintf(got, sizeof(got), "%.*s: %s", (int)fault.where.n,
		    fault.where.p, fault.text);
		arena_free(&a);
		return got;
	}
	for (unsigned i = 0; i < t.count; i++) {
		const struct conf_template_part *p = &t.parts[i];

		if (p->id == CONF_PART_CAPTURE)
			n += (size_t)snprintf(got + n, sizeof(got) - n, "<%u>",
			    p->number);
		else if (p->id == CONF_PART_TEXT)
			n += (size_t)snprintf(got + n, sizeof(got) - n, "[%.*s]",
			    (int)p->text.n, p->text.p);
		else
			n += (size_t)snprintf(got + n, sizeof(got) - n,
			    "<%s%.*s>", table[p->id], (int)p->text.n,
			    p->text.p);
	}
	arena_free(&a);
	return got;
}

static const char *const templates[][2] = {
    {"", ""},
    {"plain", "[plain]"},
    {"${host}", "<host>"},
    {"/a${path_rest}b", "[/a]<path_rest>[b]"},
    {"${host}${host}", "<host><host>"},
    {"${header:X-User}", "<header:X-User>"},
    {"${header:a.b}", "<header:a.b>"},
    {"/p/${1}/${2}", "[/p/]<1>[/]<2>"},
    {"$", "[$]"},
    {"$host 5$", "[$host 5$]"},
    {"$${host}", "[${][host}]"},
    {"$$${host}", "[$][${][host}]"},
    {"a$${b}${host}", "[a][${][b}]<host>"},
    {"{host}", "[{host}]"},
    {"}${host}}", "[}]<host>[}]"},
    {"${hots}", "${hots}: there is no ${hots} here"},
    {"x${}y", "${}: a name is missing in \"${}\""},
    {"x${host", "${host: this \"${\" is never closed"},
    {"${header}", "${header}: something is missing behind ${header:"},
    {"${header:}", "${header:}: something is missing behind ${header:"},
    {"${host:}", "${host:}: ${host} takes nothing behind it"},
    {"${3}", "${3}: the pattern has no group 3"},
    {"${0}", "${0}: the pattern has no group 0"},
    {"${1x}", "${1x}: the pattern has no group 1x"},
};

#define TEMPLATES (int)(sizeof(templates) / sizeof(templates[0]))

START_TEST(a_template_is_taken_apart)
{
	ck_assert_str_eq(taken_apart(templates[_i][0], 2), templates[_i][1]);
}
END_TEST

START_TEST(without_a_pattern_there_are_no_groups)
{
	ck_assert_str_eq(taken_apart("${1}", 0),
	    "${1}: no pattern has groups for this");
}
END_TEST

START_TEST(a_template_has_an_end)
{
	static char many[3 * 1001 + 1];
	char name[200];

	for (size_t i = 0; i < 1001; i++)
		memcpy(many + 3 * i, "${x", 4);
	ck_assert_ptr_nonnull(
	    strstr(taken_apart(many, 0), "there are more than 1000"));
	snprintf(name, sizeof(name), "${header:%0*d}", 101, 0);
	ck_assert_ptr_nonnull(
	    strstr(taken_apart(name, 0), "this name is too long"));
	snprintf(name, sizeof(name), "${header:%0*d}", 100, 0);
	ck_assert_ptr_null(strstr(taken_apart(name, 0), "too long"));
}
END_TEST

/* ---- what is filled in ---- */

static const char *error_log_for(const char *value)
{
	char text[300];

	snprintf(text, sizeof(text), CASE_USER "error_log = \"%s\";\n", value);
	conf_case_text(&c, "sluiced.conf", text);
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a\"; " ORIGIN);
	conf_case_load(&c, NULL);
	ck_assert_msg(c.conf != NULL, "%s", c.messages);
	return c.conf->log_files[c.conf->error_log.file].path;
}

START_TEST(the_environment_is_filled_in_anywhere)
{
	setenv("SLUICE_TEST_A", "a", 1);
	setenv("SLUICE_TEST_EMPTY", "", 1);
	setenv("SLUICE_TEST_PORT", "8099", 1);
	ck_assert_str_eq(error_log_for("/${env:SLUICE_TEST_A}"), "/a");
	ck_assert_str_eq(
	    error_log_for("/${env:SLUICE_TEST_A}${env:SLUICE_TEST_A}b"),
	    "/aab");
	ck_assert_str_eq(error_log_for("/x${env:SLUICE_TEST_EMPTY}"), "/x");
	conf_case_text(&c, "sluiced.conf", CASE_USER
	    "drain = \"${env:SLUICE_TEST_PORT}s\";\n"
	    "listen = [ \"${env:SLUICE_TEST_PORT}\" ];\n");
	conf_case_load_good(&c);
	ck_assert_int_eq(c.conf->drain, 8099 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(conf_case_listener(&c, "0.0.0.0:8099"));
}
END_TEST

START_TEST(what_is_filled_in_is_text_and_no_template)
{
	setenv("SLUICE_TEST_A", "a${host}$${b", 1);
	setenv("SLUICE_TEST_DOLLAR", "a$", 1);
	ck_assert_str_eq(error_log_for("/${env:SLUICE_TEST_A}"),
	    "/a${host}$${b");
	ck_assert_str_eq(error_log_for("/${env:SLUICE_TEST_DOLLAR}{host}"),
	    "/a${host}");
}
END_TEST

START_TEST(two_dollars_and_a_brace_are_one)
{
	ck_assert_str_eq(error_log_for("/$${env:HOME}"), "/${env:HOME}");
	ck_assert_str_eq(error_log_for("/$$${x$$y$"), "/$${x$$y$");
}
END_TEST

START_TEST(a_value_that_was_filled_in_is_checked)
{
	setenv("SLUICE_TEST_A", "soon", 1);
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a\"; " ORIGIN);
	conf_case_text(&c, "sluiced.conf",
	    CASE_USER "drain = \"${env:SLUICE_TEST_A}\";\n");
	conf_case_load_bad(&c,
	    "sluiced.conf:2:9: error: this is not a duration\n");
}
END_TEST

/* A file with TEXT and MODE; how to name it in a string. */
static const char *secret(const char *text, size_t n, mode_t mode)
{
	static char name[80];
	char path[64];

	conf_case_write(&c, "secret", text, n);
	snprintf(path, sizeof(path), "%s/secret", c.dir);
	ck_assert_int_eq(chmod(path, mode), 0);
	snprintf(name, sizeof(name), "/${file:%s}", path);
	return name;
}

START_TEST(a_file_is_filled_in_without_its_last_newline)
{
	ck_assert_str_eq(error_log_for(secret("abc", 3, 0600)), "/abc");
	ck_assert_str_eq(error_log_for(secret("abc\n", 4, 0600)), "/abc");
	ck_assert_str_eq(error_log_for(secret("abc\r\n", 5, 0640)), "/abc");
	ck_assert_str_eq(error_log_for(secret("", 0, 0600)), "/");
	ck_assert_str_eq(c.messages, "");
}
END_TEST

START_TEST(a_secret_for_everybody_is_a_warning)
{
	error_log_for(secret("abc", 3, 0644));
	ck_assert_uint_eq(c.warnings, 1);
	ck_assert_ptr_nonnull(strstr(c.messages,
	    "sluiced.conf:2:15: warning: everybody on this machine may read "
	    "this file [secret-readable]\n"));
}
END_TEST

static void refused_secret(const char *text, size_t n, const char *why)
{
	char main[200];

	snprintf(main, sizeof(main), CASE_USER "error_log = \"%s\";\n",
	    secret(text, n, 0600));
	conf_case_text(&c, "sluiced.conf", main);
	conf_case_text(&c, "vhosts.d/a.conf", "host = \"a\"; " ORIGIN);
	conf_case_load_bad(&c, why);
}

START_TEST(a_secret_is_short_text)
{
	static char large[65537];

	refused_secret("a\0b", 3, "cannot be read: it holds NUL bytes\n");
	memset(large, 'a', sizeof(large));
	refused_secret(large, sizeof(large),
	    "cannot be read: it is larger than 64 KiB\n");
}
END_TEST

static void add_templates(Suite *s)
{
	TCase *tc = tcase_create("templates");

	tcase_add_loop_test(tc, a_template_is_taken_apart, 0, TEMPLATES);
	tcase_add_test(tc, without_a_pattern_there_are_no_groups);
	tcase_add_test(tc, a_template_has_an_end);
	suite_add_tcase(s, tc);
}

static void add_filled(Suite *s)
{
	TCase *tc = tcase_create("filled in");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_environment_is_filled_in_anywhere);
	tcase_add_test(tc, what_is_filled_in_is_text_and_no_template);
	tcase_add_test(tc, two_dollars_and_a_brace_are_one);
	tcase_add_test(tc, a_value_that_was_filled_in_is_checked);
	tcase_add_test(tc, a_file_is_filled_in_without_its_last_newline);
	tcase_add_test(tc, a_secret_for_everybody_is_a_warning);
	tcase_add_test(tc, a_secret_is_short_text);
	suite_add_tcase(s, tc);
}

int main(void)
{
	Suite *s = suite_create("conf_template");
	SRunner *runner = srunner_create(s);
	int failed;

	add_templates(s);
	add_filled(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
