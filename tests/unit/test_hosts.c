/*
 * test_hosts.c - the hosts file: names become its addresses.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "worker/origin/hosts.h"

static struct names_answers found;

static void teardown(void)
{
	hosts_free();
}

/* The addresses of NAME in TEXT, with spaces between. */
static const char *find(const char *text, const char *name)
{
	static char list[256];
	struct out o = out_make(list, sizeof(list));

	hosts_read(str_from(text));
	memset(&found, 0, sizeof(found));
	if (!hosts_find(str_from(name), &found))
		return "none";
	for (unsigned i = 0; i < found.count; i++) {
		if (i > 0)
			out_char(&o, ' ');
		ip_write(&found.at[i].ip, &o);
	}
	return out_cstr(&o);
}

START_TEST(a_name_of_the_file_has_its_address)
{
	ck_assert_str_eq(find("192.0.2.1 app\n192.0.2.2 other\n", "app"),
	    "192.0.2.1");
	ck_assert_str_eq(find("192.0.2.1 app\n", "ap"), "none");
	ck_assert_str_eq(find("192.0.2.1 app\n", "192.0.2.1"), "none");
	ck_assert_str_eq(find("", "app"), "none");
}
END_TEST

START_TEST(all_lines_and_all_names_of_a_line_count)
{
	static const char text[] =
	    "192.0.2.2\tother app.internal  App\n"
	    "2001:db8::1 app\n"
	    "192.0.2.1 APP # app2\n";

	ck_assert_str_eq(find(text, "app"), "192.0.2.1 192.0.2.2 2001:db8::1");
	ck_assert_str_eq(find(text, "app."),
	    "192.0.2.1 192.0.2.2 2001:db8::1");
	ck_assert_str_eq(find(text, "app.internal"), "192.0.2.2");
	ck_assert_str_eq(find(text, "app2"), "none");
}
END_TEST

START_TEST(what_is_no_line_is_left_out)
{
	static const char text[] =
	    "# 192.0.2.1 app\n"
	    "#\n"
	    "\n"
	    "nonsense app\n"
	    "192.0.2.300 app\n"
	    "fe80::1%eth0 app\n"
	    "192.0.2.7\n"
	    "  192.0.2.8   app\r\n"
	    "192.0.2.9 app"; /* no newline */

	ck_assert_str_eq(find(text, "app"), "192.0.2.8 192.0.2.9");
}
END_TEST

START_TEST(a_file_that_is_not_there_knows_nobody)
{
	hosts_load("/nonexistent/hosts");
	ck_assert(!hosts_find(STR("localhost"), &found));
}
END_TEST

START_TEST(a_file_is_read_to_its_end)
{
	char path[] = "/tmp/sluice-hosts-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < 2000; i++)
		ck_assert_int_gt(dprintf(fd, "127.0.0.1 host-%d\n", i), 0);
	hosts_load(path);
	memset(&found, 0, sizeof(found));
	ck_assert(hosts_find(STR("host-1999"), &found));
	ck_assert_uint_eq(found.count, 1);
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(more_addresses_than_fit_are_left_out)
{
	static char text[4096];
	struct out o = out_make(text, sizeof(text));

	for (int i = 1; i <= 100; i++)
		out_fmt(&o, "192.0.2.%d app\n", i);
	ck_assert_str_ne(find(out_cstr(&o), "app"), "none");
	ck_assert_uint_eq(found.count, NAMES_ANSWERS_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hosts");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, a_name_of_the_file_has_its_address);
	tcase_add_test(t, all_lines_and_all_names_of_a_line_count);
	tcase_add_test(t, what_is_no_line_is_left_out);
	tcase_add_test(t, a_file_that_is_not_there_knows_nobody);
	tcase_add_test(t, a_file_is_read_to_its_end);
	tcase_add_test(t, more_addresses_than_fit_are_left_out);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
