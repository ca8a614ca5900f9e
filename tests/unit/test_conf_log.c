/*
 * test_conf_log.c - which log an exchange has, in what form, and where.
 */
#include <check.h>
#include <stdlib.h>

#include "common/conf/units.h"
#include "tests/unit/test_conf_util.h"

#define ORIGIN "proxy = \"http://127.0.0.1:3000\";"

static struct conf_case c;

static void setup(void)
{
	conf_case_begin(&c);
}

static void teardown(void)
{
	conf_case_end(&c);
}

/* Settings of sluiced.conf, of the vhost, and of its one route. */
static void load(const char *global, const char *vhost, const char *route)
{
	char text[4096];

	snprintf(text, sizeof(text), CASE_USER "%s\n", global);
	conf_case_text(&c, "sluiced.conf", text);
	snprintf(text, sizeof(text),
	    "host = \"a.example\"; %s\n"
	    "routes = ( { path = \"/\"; " ORIGIN " %s } );\n",
	    vhost, route);
	conf_case_text(&c, "vhosts.d/a.conf", text);
	conf_case_load_good(&c);
}

static const struct conf_log *route_log(void)
{
	return c.conf->vhosts[0]->routes[0].scope->log;
}

static const char *path_of(const struct conf_log *log)
{
	ck_assert_uint_lt(log->file, c.conf->log_file_count);
	return c.conf->log_files[log->file].path;
}

/* ---- layers ---- */

START_TEST(without_a_word_all_share_one_file)
{
	load("", "", "");
	ck_assert_str_eq(path_of(route_log()), "/var/log/sluice/access.log");
	ck_assert_uint_eq(route_log()->file, c.conf->scope->log->file);
	ck_assert_int_eq(route_log()->format.style, CONF_LOG_LOGFMT);
	ck_assert_uint_eq(route_log()->sample, CONF_UNITS_WHOLE);
	ck_assert_uint_eq(c.conf->log_file_count, 2); /* the error log, too */
}
END_TEST

START_TEST(a_vhost_with_a_format_keeps_the_file)
{
	load("log = { file = \"/l/all\"; sample = \"50%\"; };",
	    "log = { format = \"json\"; };", "");
	ck_assert_str_eq(path_of(route_log()), "/l/all");
	ck_assert_int_eq(route_log()->format.style, CONF_LOG_JSON);
	ck_assert_uint_eq(route_log()->sample, 500000);
	ck_assert_int_eq(c.conf->scope->log->format.style, CONF_LOG_LOGFMT);
}
END_TEST

START_TEST(the_nearest_file_counts)
{
	load("log = \"/l/all\";", "log = \"/l/vhost\";",
	    "log = { file = \"/l/route\"; };");
	ck_assert_str_eq(path_of(c.conf->scope->log), "/l/all");
	ck_assert_str_eq(path_of(c.conf->vhosts[0]->scope->log), "/l/vhost");
	ck_assert_str_eq(path_of(route_log()), "/l/route");
	ck_assert_uint_eq(c.conf->log_file_count, 4);
}
END_TEST

START_TEST(a_log_can_be_switched_off_and_on_again)
{
	load("", "", "log = false;");
	ck_assert_ptr_nonnull(c.conf->vhosts[0]->scope->log);
	ck_assert_ptr_null(route_log());
	load("log = \"/l/all\";", "log = false;", "log = true;");
	ck_assert_ptr_null(c.conf->vhosts[0]->scope->log);
	ck_assert_str_eq(path_of(route_log()), "/l/all");
	load("log = false;", "log = { format = \"json\"; };", "");
	ck_assert_ptr_null(c.conf->scope->log);
	ck_assert_str_eq(path_of(route_log()), "/var/log/sluice/access.log");
}
END_TEST

/* ---- files ---- */

START_TEST(a_file_that_is_named_often_is_there_once)
{
	load("log = \"/l/all\"; error_log = \"/l/all\";",
	    "log = { file = \"/l/all\"; format = \"json\"; };",
	    "log = \"/l/all\";");
	ck_assert_uint_eq(c.conf->log_file_count, 1);
	ck_assert_uint_eq(c.conf->error_log.file, 0);
}
END_TEST

START_TEST(syslog_has_facilities_and_sockets)
{
	load("log = \"syslog\"; error_log = \"syslog:auth\";",
	    "log = \"syslog:local7\";", "log = \"syslog@/run/x\";");
	ck_assert_str_eq(path_of(c.conf->scope->log), "/dev/log");
	ck_assert(c.conf->log_files[c.conf->scope->log->file].is_syslog);
	ck_assert_uint_eq(c.conf->scope->log->facility, 3);
	ck_assert_uint_eq(c.conf->error_log.facility, 4);
	ck_assert_uint_eq(c.conf->error_log.file, c.conf->scope->log->file);
	ck_assert_uint_eq(c.conf->vhosts[0]->scope->log->facility, 23);
	ck_assert_str_eq(path_of(route_log()), "/run/x");
	ck_assert_uint_eq(c.conf->log_file_count, 2);
}
END_TEST

START_TEST(a_file_may_begin_like_syslog)
{
	load("log = \"/syslog\"; error_log = \"-\";", "", "");
	ck_assert(!c.conf->log_files[c.conf->scope->log->file].is_syslog);
	ck_assert_str_eq(path_of(c.conf->scope->log), "/syslog");
}
END_TEST

/* Up to LAST, with a file each. */
static void write_vhosts(int last)
{
	char name[64], text[256];

	for (int i = 1; i <= last; i++) {
		snprintf(name, sizeof(name), "vhosts.d/b%03d.conf", i);
		snprintf(text, sizeof(text), "host = \"b%d.example\"; " ORIGIN
		    "\nlog = \"/l/%d\";\n", i, i);
		conf_case_text(&c, name, text);
	}
}

START_TEST(the_last_file_may_be_the_usual_one)
{
	load("log = false; error_log = \"/l/1\";", "", "");
	write_vhosts(CONF_LOG_FILES_MAX);
	conf_case_text(&c, "vhosts.d/c.conf", "host = \"c\"; " ORIGIN
	    "\nlog = true;\n");
	conf_case_load_bad(&c, "c.conf:2:7: error: this is one log file more");
}
END_TEST

START_TEST(there_are_256_files_and_no_more)
{
	load("log = \"/l/all\"; error_log = \"/l/all\";", "", "");
	write_vhosts(CONF_LOG_FILES_MAX - 1);
	conf_case_load_good(&c);
	ck_assert_uint_eq(c.conf->log_file_count, CONF_LOG_FILES_MAX);
	write_vhosts(CONF_LOG_FILES_MAX);
	conf_case_load_bad(&c, "b256.conf:2:7: error: this is one log file "
	    "more than the 256 that there can be");
}
END_TEST

/* ---- formats ---- */

START_TEST(a_template_is_texts_and_fields)
{
	const struct conf_template *t;

	load("log = { format = \"<${client}> ${status}\"; };", "", "");
	t = &route_log()->format.template;
	ck_assert_int_eq(route_log()->format.style, CONF_LOG_TEMPLATE);
	ck_assert_uint_eq(t->count, 4);
	ck_assert_int_eq(t->parts[0].id, CONF_PART_TEXT);
	ck_assert_int_eq(t->parts[1].id, CONF_LOG_client);
	ck_assert(str_eq(t->parts[2].text, STR("> ")));
	ck_assert_int_eq(t->parts[3].id, CONF_LOG_status);
}
END_TEST

START_TEST(combined_is_a_template)
{
	load("log = { format = \"combined\"; };", "", "");
	ck_assert_int_eq(route_log()->format.style, CONF_LOG_TEMPLATE);
	ck_assert_uint_gt(route_log()->format.template.count, 10);
}
END_TEST

/* FORMAT, and behind it N times "x". */
static void load_long(const char *format, unsigned n)
{
	char text[8192];
	int done = snprintf(text, sizeof(text),
	    CASE_USER "log = { format = \"%s", format);

	memset(text + done, 'x', n);
	strcpy(text + done + n, "\"; };\n");
	conf_case_text(&c, "sluiced.conf", text);
}

START_TEST(templates_are_bounded)
{
	char fields[CONF_LOG_FIELDS * 20] = "";

	load("", "", "");
	load_long("${client}", 1024 - 9);
	conf_case_load_good(&c);
	load_long("${client}", 1025 - 9);
	conf_case_load_bad(&c, "a format is one line of at most 1024 bytes");
	for (int i = 0; i < 50; i++)
		strcat(fields, "${end} ");
	load_long(fields, 0);
	conf_case_load_good(&c);
	strcat(fields, "${end}");
	load_long(fields, 0);
	conf_case_load_bad(&c, "a format has at most 100 fields and texts");
}
END_TEST

/* ---- the error log ---- */

START_TEST(the_error_log_has_a_level)
{
	load("error_log = { file = \"/l/e\"; level = \"warning\"; };", "", "");
	ck_assert_int_eq(c.conf->error_log.level, LEVEL_WARNING);
	ck_assert_str_eq(c.conf->log_files[c.conf->error_log.file].path,
	    "/l/e");
	load("error_log = { level = \"debug\"; };", "", "");
	ck_assert_int_eq(c.conf->error_log.level, LEVEL_DEBUG);
	ck_assert_str_eq(c.conf->log_files[c.conf->error_log.file].path,
	    "/var/log/sluice/error.log");
	load("", "", "");
	ck_assert_int_eq(c.conf->error_log.level, LEVEL_INFO);
}
END_TEST

START_TEST(verbose_beats_the_level)
{
	char file[64];
	struct conf_request request = {.file = file, .verbose = true};

	load("error_log = { level = \"error\"; };", "", "");
	snprintf(file, sizeof(file), "%s/sluiced.conf", c.dir);
	conf_case_load(&c, &request);
	ck_assert_int_eq(c.conf->error_log.level, LEVEL_DEBUG);
}
END_TEST

/* ---- shares ---- */

struct share {
	const char *text;
	int millionths; /* -1: it is none */
};

static const struct share shares[] = {{"0%", 0}, {"1%", 10000},
    {"100%", 1000000}, {"99.9999%", 999999}, {"0.0001%", 1}, {"1.5%", 15000},
    {"0.05%", 500}, {"100.0%", 1000000}, {"100.0001%", -1}, {"101%", -1},
    {"-1%", -1}, {"%", -1}, {".5%", -1}, {"1.%", -1}, {"1", -1}, {"", -1},
    {"1 %", -1}, {"1.00000%", -1}, {"1%%", -1}, {"1,5%", -1}, {"1e1%", -1}};

START_TEST(a_share_is_a_number_and_a_percent_sign)
{
	uint32_t got = 0;
	bool ok = conf_units_share(str_from(shares[_i].text), &got);

	ck_assert_msg(ok == (shares[_i].millionths >= 0), "%s",
	    shares[_i].text);
	if (ok)
		ck_assert_int_eq(got, shares[_i].millionths);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_log");
	TCase *tc = tcase_create("log");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_a_word_all_share_one_file);
	tcase_add_test(tc, a_vhost_with_a_format_keeps_the_file);
	tcase_add_test(tc, the_nearest_file_counts);
	tcase_add_test(tc, a_log_can_be_switched_off_and_on_again);
	tcase_add_test(tc, a_file_that_is_named_often_is_there_once);
	tcase_add_test(tc, syslog_has_facilities_and_sockets);
	tcase_add_test(tc, a_file_may_begin_like_syslog);
	tcase_add_test(tc, there_are_256_files_and_no_more);
	tcase_add_test(tc, the_last_file_may_be_the_usual_one);
	tcase_add_test(tc, a_template_is_texts_and_fields);
	tcase_add_test(tc, combined_is_a_template);
	tcase_add_test(tc, templates_are_bounded);
	tcase_add_test(tc, the_error_log_has_a_level);
	tcase_add_test(tc, verbose_beats_the_level);
	tcase_add_loop_test(tc, a_share_is_a_number_and_a_percent_sign, 0,
	    (int)(sizeof(shares) / sizeof(shares[0])));
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
