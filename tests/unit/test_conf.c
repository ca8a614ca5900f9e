/*
 * test_conf.c - the corpus of configurations: conf/ beside this file.
 *
 *	conf/bad/NAME.conf	a vhost file with NAME.expect: its messages
 *	conf/global/NAME.conf	a sluiced.conf, the same
 *	conf/good/NAME.conf	a vhost file with NAME.expect: the result
 *	conf/pem/NAME		certificates and keys of tests, for 100 years
 *
 * Each is loaded alone.  With UPDATE_EXPECT=1 in the environment the .expect
 * files are written instead of compared: read the difference before you keep
 * it.
 */
#include <check.h>
#include <glob.h>
#include <stdlib.h>

#include "tests/unit/test_conf_util.h"

static char corpus[256];
static glob_t bad, global, good;

static void find_corpus(void)
{
	static const char here[] = __FILE__;
	char pattern[300];

	snprintf(corpus, sizeof(corpus), "%.*sconf",
	    (int)(strrchr(here, '/') + 1 - here), here);
	snprintf(pattern, sizeof(pattern), "%s/bad/*.conf", corpus);
	glob(pattern, 0, NULL, &bad);
	snprintf(pattern, sizeof(pattern), "%s/global/*.conf", corpus);
	glob(pattern, 0, NULL, &global);
	snprintf(pattern, sizeof(pattern), "%s/good/*.conf", corpus);
	glob(pattern, 0, NULL, &good);
}

static void expect_path(char *buf, size_t size, const char *conf)
{
	snprintf(buf, size, "%.*s.expect",
	    (int)(strlen(conf) - strlen(".conf")), conf);
}

static void compare(const char *conf, const char *got)
{
	char path[300];
	char *expected;
	size_t n;
	FILE *f;

	expect_path(path, sizeof(path), conf);
	if (getenv("UPDATE_EXPECT") != NULL) {
		f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		fputs(got, f);
		fclose(f);
		return;
	}
	expected = conf_case_read_file(path, &n);
	ck_assert_msg(expected != NULL, "%s is missing", path);
	ck_assert_msg(strcmp(expected, got) == 0,
	    "%s\n---- expected:\n%s---- got:\n%s", conf, expected, got);
	free(expected);
}

static void copy_file(struct conf_case *c, const char *name, const char *from)
{
	size_t n;
	char *text = conf_case_read_file(from, &n);

	ck_assert_ptr_nonnull(text);
	conf_case_write(c, name, text, n);
	free(text);
}

static void load_vhost(struct conf_case *c, const char *path)
{
	char name[300];

	conf_case_begin(c);
	conf_case_text(c, "sluiced.conf", CASE_USER);
	snprintf(name, sizeof(name), "vhosts.d/%s", strrchr(path, '/') + 1);
	copy_file(c, name, path);
	conf_case_pems(c);
	conf_case_load(c, NULL);
}

static bool is_warning(const char *path)
{
	return strncmp(strrchr(path, '/') + 1, "warn-", 5) == 0;
}

/* OpenSSL 3.0 loses some hundred bytes with each provider that it can't load. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libcrypto.so";
}

START_TEST(a_bad_vhost_is_refused_with_exactly_these_messages)
{
	const char *path = bad.gl_pathv[_i];
	struct conf_case c;

	load_vhost(&c, path);
	compare(path, c.messages);
	if (is_warning(path)) {
		ck_assert_ptr_nonnull(c.conf);
		ck_assert_uint_eq(c.errors, 0);
		ck_assert_uint_gt(c.warnings, 0);
	} else {
		ck_assert_msg(c.conf == NULL, "%s was accepted", path);
		ck_assert_uint_gt(c.errors, 0);
	}
	conf_case_end(&c);
}
END_TEST

START_TEST(a_bad_sluiced_conf_is_refused_with_exactly_these_messages)
{
	const char *path = global.gl_pathv[_i];
	struct conf_case c;

	conf_case_begin(&c);
	copy_file(&c, "sluiced.conf", path);
	conf_case_text(&c, "vhosts.d/a.conf",
	    "host = \"*\"; proxy = \"http://127.0.0.1:3000\";");
	conf_case_pems(&c);
	conf_case_load(&c, NULL);
	compare(path, c.messages);
	ck_assert_msg(c.conf == NULL, "%s was accepted", path);
	conf_case_end(&c);
}
END_TEST

START_TEST(a_good_vhost_is_read_as_expected)
{
	const char *path = good.gl_pathv[_i];
	struct conf_case c;
	char *text;

	load_vhost(&c, path);
	ck_assert_msg(c.conf != NULL, "%s: %s", path, c.messages);
	ck_assert_str_eq(c.messages, "");
	ck_assert_uint_eq(c.warnings, 0);
	text = conf_case_dump(c.conf);
	compare(path, text);
	free(text);
	conf_case_end(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf");
	TCase *tc = tcase_create("corpus");
	SRunner *runner;
	int failed;

	find_corpus();
	tcase_add_loop_test(tc,
	    a_bad_vhost_is_refused_with_exactly_these_messages, 0,
	    (int)bad.gl_pathc);
	tcase_add_loop_test(tc,
	    a_bad_sluiced_conf_is_refused_with_exactly_these_messages, 0,
	    (int)global.gl_pathc);
	tcase_add_loop_test(tc, a_good_vhost_is_read_as_expected, 0,
	    (int)good.gl_pathc);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	if (bad.gl_pathc < 60 || good.gl_pathc == 0)
		failed++;
	srunner_free(runner);
	globfree(&bad);
	globfree(&global);
	globfree(&good);
	return failed == 0 ? 0 : 1;
}
