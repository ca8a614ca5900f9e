/*
 * test_json.c - what is put into a JSON string is valid, whatever it holds.
 */
#include <check.h>
#include <stdlib.h>

#include "common/base/json.h"

static const char *write(struct str s)
{
	static char text[256];
	struct out o = out_make(text, sizeof(text));

	json_text(&o, s);
	ck_assert(out_ok(&o));
	return out_cstr(&o);
}

struct pair {
	struct str in;
	const char *out;
};

#define REPLACED "\\ufffd"

static const struct pair pairs[] = {
    {{"", 0}, ""},
    {{"plain text /=", 13}, "plain text /="},
    {{"say \"hi\"", 8}, "say \\\"hi\\\""},
    {{"a\\b", 3}, "a\\\\b"},
    {{"\0\t\n\x1f\x7f", 5}, "\\u0000\\u0009\\u000a\\u001f\\u007f"},
    {{"gr\xc3\xbc\xc3\x9f", 6}, "gr\xc3\xbc\xc3\x9f"},
    {{"\xe2\x82\xac", 3}, "\xe2\x82\xac"},
    {{"\xf0\x9f\x98\x80", 4}, "\xf0\x9f\x98\x80"},
    {{"\xf4\x8f\xbf\xbf", 4}, "\xf4\x8f\xbf\xbf"},
    {{"caf\xe9!", 5}, "caf" REPLACED "!"},
    {{"\x80\xff", 2}, REPLACED REPLACED},
    {{"\xc0\xaf", 2}, REPLACED REPLACED}, /* overlong */
    {{"\xe0\x80\xaf", 3}, REPLACED REPLACED REPLACED},
    {{"\xf0\x80\x80\x80", 4}, REPLACED REPLACED REPLACED REPLACED},
    {{"\xed\xa0\x80", 3}, REPLACED REPLACED REPLACED}, /* surrogate */
    {{"\xf4\x90\x80\x80", 4}, REPLACED REPLACED REPLACED REPLACED},
    {{"x\xe2\x82", 3}, "x" REPLACED REPLACED}, /* cut off */
    {{"\xc3(", 2}, REPLACED "("},
};

START_TEST(every_string_becomes_a_valid_one)
{
	ck_assert_str_eq(write(pairs[_i].in), pairs[_i].out);
}
END_TEST

START_TEST(what_does_not_fit_is_not_written_in_part)
{
	char text[8];
	struct out o = out_make(text, sizeof(text));

	json_text(&o, STR("abc\n"));
	ck_assert(!out_ok(&o));
	ck_assert_uint_eq(o.n, 3);
}
END_TEST

/* Two bytes and three, each of them any: valid where the RFC says so. */
START_TEST(utf8_is_what_the_rfc_says)
{
	unsigned two = 0, three = 0;

	for (unsigned i = 0; i < 0x10000; i++) {
		char s[3] = {(char)(i >> 8), (char)i, '\x80'};

		two += json_utf8(str_make(s, 2)) == 2;
		three += json_utf8(str_make(s, 3)) == 3;
	}
	ck_assert_uint_eq(two, (0xdf - 0xc2 + 1) * 64);
	ck_assert_uint_eq(three, 16 * 64 - 32 - 32);
}
END_TEST

START_TEST(commas_stand_where_they_are_due)
{
	char text[128];
	struct out o = out_make(text, sizeof(text));

	out_char(&o, '{');
	json_name_number(&o, "a", 1);
	json_name(&o, "b");
	out_char(&o, '[');
	json_item(&o);
	json_string(&o, STR("{"));
	json_item(&o);
	json_string(&o, STR("\""));
	out_char(&o, ']');
	json_name(&o, "c");
	out_lit(&o, "{}");
	json_name_string(&o, "d", STR(""));
	out_char(&o, '}');
	ck_assert_str_eq(out_cstr(&o),
	    "{\"a\":1,\"b\":[\"{\",\"\\\"\"],\"c\":{},\"d\":\"\"}");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("json");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, every_string_becomes_a_valid_one, 0,
	    (int)(sizeof(pairs) / sizeof(pairs[0])));
	tcase_add_test(tc, what_does_not_fit_is_not_written_in_part);
	tcase_add_test(tc, utf8_is_what_the_rfc_says);
	tcase_add_test(tc, commas_stand_where_they_are_due);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
