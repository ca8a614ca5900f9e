/*
 * test_conf_parts.c - the small parts of the loader, each by itself.
 */
#include <check.h>
#include <stdlib.h>

#include "common/conf/address.h"
#include "common/conf/name.h"
#include "common/conf/path.h"
#include "common/conf/report.h"
#include "common/conf/suggest.h"
#include "common/conf/units.h"
#include "common/conf/word.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- units ---- */

START_TEST(durations_have_a_number_and_a_unit)
{
	static const struct {
		const char *text;
		usec_t usec;
	} good[] = {
	    {"0s", 0},
	    {"1ms", 1000},
	    {"500ms", 500 * USEC_PER_MSEC},
	    {"30s", 30 * USEC_PER_SEC},
	    {"5m", 300 * USEC_PER_SEC},
	    {"2h", 7200 * USEC_PER_SEC},
	    {"30d", 30 * 86400 * USEC_PER_SEC},
	    {"0005m", 300 * USEC_PER_SEC},
	    {"999999999ms", 999999999 * USEC_PER_MSEC},
	};
	usec_t usec;

	for (size_t i = 0; i < COUNT(good); i++) {
		ck_assert(conf_units_duration(str_from(good[i].text), &usec));
		ck_assert_int_eq(usec, good[i].usec);
	}
}
END_TEST

START_TEST(anything_else_is_no_duration)
{
	static const char *const bad[] = {"", "s", "5", "5 s", " 5s", "5s ",
	    "5S", "5sec", "1h30m", "1.5s", "-5s", "+5s", "5ms5", "0x5s",
	    "1000000000s", "99999999999999999999d", "5us", "5w"};
	usec_t usec;

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!conf_units_duration(str_from(bad[i]), &usec),
		    "\"%s\"", bad[i]);
}
END_TEST

START_TEST(modes_are_four_octal_digits)
{
	static const char *const bad[] = {"", "0", "660", "06600", "0690",
	    "1660", "rw--", "0x60", " 660"};
	mode_t mode;

	ck_assert(conf_units_mode(STR("0660"), &mode));
	ck_assert_uint_eq(mode, 0660);
	ck_assert(conf_units_mode(STR("0000"), &mode));
	ck_assert_uint_eq(mode, 0);
	ck_assert(conf_units_mode(STR("0777"), &mode));
	ck_assert_uint_eq(mode, 0777);
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!conf_units_mode(str_from(bad[i]), &mode),
		    "\"%s\"", bad[i]);
}
END_TEST

START_TEST(times_are_said_in_the_largest_unit)
{
	char text[CONF_UNITS_SIZE];

	ck_assert_str_eq(conf_units_time(text, 0), "0s");
	ck_assert_str_eq(conf_units_time(text, USEC_PER_MSEC), "1ms");
	ck_assert_str_eq(conf_units_time(text, 1500 * USEC_PER_MSEC),
	    "1500ms");
	ck_assert_str_eq(conf_units_time(text, USEC_PER_SEC), "1s");
	ck_assert_str_eq(conf_units_time(text, 90 * USEC_PER_SEC), "90s");
	ck_assert_str_eq(conf_units_time(text, 120 * USEC_PER_SEC), "2m");
	ck_assert_str_eq(conf_units_time(text, USEC_PER_HOUR), "1h");
	ck_assert_str_eq(conf_units_time(text, 30 * USEC_PER_DAY), "30d");
}
END_TEST

START_TEST(sizes_have_a_number_and_perhaps_a_unit)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
	    {"0", 0},
	    {"512", 512},
	    {"0064k", 64 << 10},
	    {"10m", 10 << 20},
	    {"2g", (uint64_t)2 << 30},
	    {"999999999g", (uint64_t)999999999 << 30},
	};
	uint64_t bytes;

	for (size_t i = 0; i < COUNT(good); i++) {
		ck_assert(conf_units_size(str_from(good[i].text), &bytes));
		ck_assert_uint_eq(bytes, good[i].bytes);
	}
}
END_TEST

START_TEST(anything_else_is_no_size)
{
	static const char *const bad[] = {"", "k", "5 k", " 5", "5 ", "5K",
	    "5kb", "5KiB", "1.5m", "-5", "+5", "5t", "0x5", "1000000000"};
	uint64_t bytes;

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!conf_units_size(str_from(bad[i]), &bytes),
		    "\"%s\"", bad[i]);
	ck_assert(!conf_units_size(str_make("5\0", 2), &bytes));
}
END_TEST

START_TEST(sizes_are_said_in_the_largest_unit)
{
	char text[CONF_UNITS_SIZE];

	ck_assert_str_eq(conf_units_bytes(text, 0), "0");
	ck_assert_str_eq(conf_units_bytes(text, 1000), "1000");
	ck_assert_str_eq(conf_units_bytes(text, 1024), "1k");
	ck_assert_str_eq(conf_units_bytes(text, 1536), "1536");
	ck_assert_str_eq(conf_units_bytes(text, 10 << 20), "10m");
	ck_assert_str_eq(conf_units_bytes(text, (uint64_t)1 << 40), "1024g");
}
END_TEST

START_TEST(rates_are_bytes_a_second_over_a_time)
{
	static const char *const bad[] = {"", "/", "256", "256/", "/30s",
	    "256/30", "0/30s", "256/0s", "256s/30s", "256/30s/", "256//30s",
	    "4g/30s", "256 / 30s", "-1/30s"};
	struct conf_rate rate;

	ck_assert(conf_units_rate(STR("256/30s"), &rate));
	ck_assert_uint_eq(rate.bytes, 256);
	ck_assert_int_eq(rate.over, 30 * USEC_PER_SEC);
	ck_assert(conf_units_rate(STR("1k/500ms"), &rate));
	ck_assert_uint_eq(rate.bytes, 1024);
	ck_assert_int_eq(rate.over, 500 * USEC_PER_MSEC);
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!conf_units_rate(str_from(bad[i]), &rate),
		    "\"%s\"", bad[i]);
}
END_TEST

/* ---- words ---- */

START_TEST(words_are_told_apart_as_libconfig_does)
{
	static const struct {
		const char *text;
		enum conf_word kind;
	} words[] = {
	    {"true", WORD_BOOL}, {"FALSE", WORD_BOOL}, {"tru", WORD_BARE},
	    {"0", WORD_INT}, {"-1", WORD_INT}, {"+1", WORD_INT},
	    {"2147483647", WORD_INT}, {"2147483648", WORD_TOO_LARGE},
	    {"-2147483648", WORD_INT}, {"-2147483649", WORD_TOO_LARGE},
	    {"00000000001", WORD_INT}, {"4294967296", WORD_TOO_LARGE},
	    {"1L", WORD_INT64}, {"1LL", WORD_INT64}, {"1LLL", WORD_BARE},
	    {"9223372036854775807L", WORD_INT64},
	    {"9223372036854775808L", WORD_TOO_LARGE},
	    {"-9223372036854775808L", WORD_INT64},
	    {"0x7fffffff", WORD_INT}, {"0x80000000", WORD_TOO_LARGE},
	    {"0x000000001", WORD_INT}, {"0x", WORD_BARE}, {"0xg", WORD_BARE},
	    {"0x7fffffffffffffffL", WORD_INT64},
	    {"0x8000000000000000L", WORD_TOO_LARGE},
	    {"0x100000000", WORD_TOO_LARGE}, {"-0x1", WORD_BARE},
	    {"1.5", WORD_FLOAT}, {"-1.5e10", WORD_FLOAT},
	    {"1.5e-3", WORD_FLOAT}, {"1.5e", WORD_BARE}, {"1.", WORD_BARE},
	    {".5", WORD_BARE}, {"1e5", WORD_BARE}, {"1.2.3", WORD_BARE},
	    {"5s", WORD_BARE}, {"-", WORD_BARE}, {"+", WORD_BARE},
	    {"127.0.0.1", WORD_BARE}, {"on", WORD_BARE},
	};

	for (size_t i = 0; i < COUNT(words); i++)
		ck_assert_msg(conf_word_kind(str_from(words[i].text)) ==
		    words[i].kind, "%s", words[i].text);
}
END_TEST

START_TEST(names_of_settings_are_as_libconfig_takes_them)
{
	ck_assert(conf_word_is_name(STR("a")));
	ck_assert(conf_word_is_name(STR("X-Frame-Options")));
	ck_assert(conf_word_is_name(STR("*a_9*-")));
	ck_assert(!conf_word_is_name(STR("")));
	ck_assert(!conf_word_is_name(STR("9a")));
	ck_assert(!conf_word_is_name(STR("_a")));
	ck_assert(!conf_word_is_name(STR("-a")));
	ck_assert(!conf_word_is_name(STR("a.b")));
	ck_assert(!conf_word_is_name(STR("a\xc3\xbc")));
}
END_TEST

/* ---- suggestions ---- */

static const char *nearest(const char *word)
{
	static const char *const keys[] = {"host", "listen", "proxy", "pools",
	    "routes", "timeouts", "workers", "drain_websocket", "tls"};
	struct conf_suggest s = conf_suggest_make(str_from(word));

	for (size_t i = 0; i < COUNT(keys); i++)
		conf_suggest_offer(&s, keys[i]);
	return s.best;
}

START_TEST(near_words_are_suggested)
{
	ck_assert_str_eq(nearest("hosts"), "host");
	ck_assert_str_eq(nearest("hsot"), "host");
	ck_assert_str_eq(nearest("Listen"), "listen");
	ck_assert_str_eq(nearest("time_out"), "timeouts");
	ck_assert_str_eq(nearest("drain-websocket"), "drain_websocket");
	ck_assert_str_eq(nearest("drainwebsockets"), "drain_websocket");
	ck_assert_str_eq(nearest("tsl"), "tls");
}
END_TEST

START_TEST(far_words_are_not)
{
	char word[100];

	ck_assert_ptr_null(nearest("balance"));
	ck_assert_ptr_null(nearest("x"));
	ck_assert_ptr_null(nearest(""));
	memset(word, 'h', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	ck_assert_ptr_null(nearest(word));
}
END_TEST

/* ---- host names ---- */

START_TEST(host_names_get_the_form_of_a_request)
{
	static const char *const names[][2] = {
	    {"Example.COM", "example.com"},
	    {"a", "a"},
	    {"xn--bcher-kva.example", "xn--bcher-kva.example"},
	    {"a_b-c.9", "a_b-c.9"},
	    {"*", "*"},
	    {"127.0.0.1", "127.0.0.1"},
	    {"::1", "[::1]"},
	    {"[2001:DB8:0:0:0:0:0:1]", "[2001:db8::1]"},
	    {"::ffff:1.2.3.4", "[::ffff:1.2.3.4]"},
	};
	struct conf_name_fault fault;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(names); i++) {
		const char *got =
		    conf_name_read(&a, str_from(names[i][0]), &fault);

		ck_assert_msg(got != NULL, "%s", names[i][0]);
		ck_assert_str_eq(got, names[i][1]);
	}
	arena_free(&a);
}
END_TEST

START_TEST(what_is_no_host_name_says_why)
{
	static const char *const bad[] = {"*a", "*.", "a.*", "**", "_", "a:80",
	    "[::1]:80", "a.", ".a", "a..b", "-a", "a-", "a/b", "http://a", "~a",
	    "a b", "a,b", "b\xc3\xbc", "[", "[]", "[::1", "::g", "a\x01",
	    "1234567890123456789012345678901234567890123456789012345678901234"};
	struct conf_name_fault fault;
	char long_name[300];
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(bad); i++) {
		fault.text = NULL;
		ck_assert_msg(conf_name_read(&a, str_from(bad[i]), &fault) ==
		    NULL, "%s", bad[i]);
		ck_assert_ptr_nonnull(fault.text);
	}
	for (size_t i = 0; i < sizeof(long_name); i++)
		long_name[i] = i % 2 ? '.' : 'a';
	ck_assert_ptr_nonnull(conf_name_read(&a, str_make(long_name, 253),
	    &fault));
	ck_assert_ptr_null(conf_name_read(&a, str_make(long_name, 255),
	    &fault));
	arena_free(&a);
}
END_TEST

/* ---- messages ---- */

static char *report(struct str text, struct conf_spot spot)
{
	struct conf_source source = {.name = "x.conf", .text = text};
	struct conf_report r = {0};
	char *got;
	size_t size;

	r.out = open_memstream(&got, &size);
	spot.source = &source;
	conf_report_error(&r, &spot, "wrong %d", 7);
	conf_report_end(&r);
	fclose(r.out);
	ck_assert_uint_eq(r.errors, 1);
	return got;
}

START_TEST(a_port_is_what_stands_behind_the_host)
{
	static const char *const pairs[][2] = {
	    {"127.0.0.1:80", "80"},
	    {"[::1]:8080", "8080"},
	    {"a.example:65535", "65535"},
	    {"a.example", ""},
	    {"[::1]", ""},
	    {"::1", ""},
	    {"a:", ""},
	    {"a:080", ""},
	    {"a:65536", ""},
	    {"a:8x", ""},
	    {"", ""},
	};

	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct str port = conf_address_port_in(str_from(pairs[i][0]));

		ck_assert_msg(str_eq(port, str_from(pairs[i][1])), "%s",
		    pairs[i][0]);
	}
}
END_TEST

START_TEST(below_a_path_is_itself_and_behind_a_slash)
{
	ck_assert(conf_path_is_below(STR("/api"), STR("/api")));
	ck_assert(conf_path_is_below(STR("/api/x"), STR("/api")));
	ck_assert(conf_path_is_below(STR("/x"), STR("/")));
	ck_assert(!conf_path_is_below(STR("/apis"), STR("/api")));
	ck_assert(!conf_path_is_below(STR("/ap"), STR("/api")));
	ck_assert(!conf_path_is_below(STR("/"), STR("/api")));
}
END_TEST

START_TEST(a_message_shows_its_line_with_a_caret)
{
	struct conf_spot spot = {.at = 4, .n = 2, .line = 2, .column = 3};
	char *got = report(STR("1\n..ab..\r\n3"), spot);

	ck_assert_str_eq(got, "x.conf:2:3: error: wrong 7\n"
	    "  2 | ..ab..\n    |   ^^\n");
	free(got);
}
END_TEST

START_TEST(a_spot_at_the_end_still_has_a_caret)
{
	struct conf_spot spot = {.at = 1, .n = 0, .line = 1, .column = 2};
	char *got = report(STR("a"), spot);

	ck_assert_str_eq(got, "x.conf:1:2: error: wrong 7\n"
	    "  1 | a\n    |  ^\n");
	free(got);
}
END_TEST

START_TEST(nothing_dangerous_reaches_the_terminal)
{
	struct str text = STR("\x1b[2J\x7f\xc2\x9b\xff\xc0\x9b\xe0\x80\x9b"
	    "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" "a\xe2\x82");
	struct conf_spot spot = {.at = 0, .n = 0, .line = 1, .column = 1};
	char *got = report(text, spot);

	ck_assert_str_eq(got, "x.conf:1:1: error: wrong 7\n"
	    "  1 | ?[2J?????????\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" "a??\n"
	    "    | ^\n");
	free(got);
}
END_TEST

START_TEST(carets_stand_under_characters_not_bytes)
{
	struct conf_spot spot = {.at = 5, .n = 5, .line = 1, .column = 6};
	char *got = report(STR("\t\xc3\xbc\xc3\xbc" "a\xe2\x82\xac" "b."),
	    spot);

	ck_assert_str_eq(got, "x.conf:1:6: error: wrong 7\n"
	    "  1 | \t\xc3\xbc\xc3\xbc" "a\xe2\x82\xac" "b.\n"
	    "    | \t  ^^^\n");
	free(got);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_parts");
	TCase *tc = tcase_create("parts");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(tc, durations_have_a_number_and_a_unit);
	tcase_add_test(tc, anything_else_is_no_duration);
	tcase_add_test(tc, modes_are_four_octal_digits);
	tcase_add_test(tc, times_are_said_in_the_largest_unit);
	tcase_add_test(tc, sizes_have_a_number_and_perhaps_a_unit);
	tcase_add_test(tc, anything_else_is_no_size);
	tcase_add_test(tc, sizes_are_said_in_the_largest_unit);
	tcase_add_test(tc, rates_are_bytes_a_second_over_a_time);
	tcase_add_test(tc, words_are_told_apart_as_libconfig_does);
	tcase_add_test(tc, names_of_settings_are_as_libconfig_takes_them);
	tcase_add_test(tc, near_words_are_suggested);
	tcase_add_test(tc, far_words_are_not);
	tcase_add_test(tc, host_names_get_the_form_of_a_request);
	tcase_add_test(tc, what_is_no_host_name_says_why);
	tcase_add_test(tc, a_port_is_what_stands_behind_the_host);
	tcase_add_test(tc, below_a_path_is_itself_and_behind_a_slash);
	tcase_add_test(tc, a_message_shows_its_line_with_a_caret);
	tcase_add_test(tc, a_spot_at_the_end_still_has_a_caret);
	tcase_add_test(tc, nothing_dangerous_reaches_the_terminal);
	tcase_add_test(tc, carets_stand_under_characters_not_bytes);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
