/*
 * test_date_read.c - dates and entity tags, as HTTP has them and as it has not.
 */
#include "tests/unit/test_head.h"
#include "worker/http/date_read.h"
#include "worker/http/etag.h"

#define NOW (INT64_C(1795294800) * USEC_PER_SEC) /* 21 Nov 2026, 21:00:00 */
#define NO_DATE INT64_MIN

/* ---- dates ---- */

static const struct {
	const char *text;
	int64_t seconds;
} dates[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
    {"Sun Nov  6 08:49:37 1994", 784111777},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
    {"Sat, 21 Nov 2026 21:00:00 GMT", 1795294800},
    {"Mon, 01 Jan 0001 00:00:00 GMT", -62135596800},
    {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
    {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
    {"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
    {"Fri, 01 Mar 2024 00:00:00 GMT", 1709251200},
    {"Sun, 31 Dec 2023 23:59:60 GMT", 1704067200},
    {"Tue, 19 Jan 2038 14:14:08 GMT", 2147523248},
    {"Sun, 21 Nov 2286 04:46:39 GMT", 10000039599},
    {"Thu Aug 18 02:01:18 2050", 2544400878},
    {"Thursday, 18-Aug-50 02:01:18 GMT", 2544400878},
    {"Friday, 31-Dec-76 00:00:00 GMT", 3376598400},
    {"Saturday, 01-Jan-77 00:00:00 GMT", 220924800},
    {"Mon, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"", NO_DATE},
    {"0", NO_DATE},
    {"-1", NO_DATE},
    {"Sun", NO_DATE},
    {"Tue, 29 Feb 1900 00:00:00 GMT", NO_DATE},
    {"Wed, 29 Feb 2023 00:00:00 GMT", NO_DATE},
    {"Sun, 31 Apr 1994 08:49:37 GMT", NO_DATE},
    {"Sun, 00 Nov 1994 08:49:37 GMT", NO_DATE},
    {"Sun, 06 Nov 1994 24:00:00 GMT", NO_DATE},
    {"Sun, 06 Nov 1994 08:60:00 GMT", NO_DATE},
    {"Sun, 06 Nov 1994 08:49:61 GMT", NO_DATE},
    {"Sun, 6 Nov 1994 08:49:37 GMT", NO_DATE},
    {"Sun, 06 Nov 94 08:49:37 GMT", NO_DATE},
    {"Sun, 06-Nov-1994 08:49:37 GMT", NO_DATE},
    {"Sun 06 Nov 1994 08:49:37 GMT", NO_DATE},
    {"Sun, 06  Nov 1994 08:49:37 GMT", NO_DATE},
    {"Sun, 06 Nov 1994 8:49:37 GMT", NO_DATE},
    {"Sun, 06 Nov 1994 08.49.37 GMT", NO_DATE},
    {"Sun, 06 Nov 1994 08:49:37 UTC", NO_DATE},
    {"Sun, 06 Nov 1994 08:49:37 gmt", 784111777},
    {"Sun, 06 Nov 1994 08:49:37 GMT ", NO_DATE},
    {"Sun, 06 Nov 1994 08:49:37", NO_DATE},
    {"SUN, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"sunday, 06-nov-94 08:49:37 Gmt", 784111777},
    {"Sun, 06 NOV 1994 08:49:37 GMT", 784111777},
    {"Sun, 06 Nov 1994 08:49:37 GMT, Sun", NO_DATE},
    {"Sun, -6 Nov 1994 08:49:37 GMT", NO_DATE},
    {"Sun Nov 6 08:49:37 1994", NO_DATE},
    {"Sun Nov  6 08:49:37 1994 GMT", NO_DATE},
    {"Sun, 06-Nov-94 08:49:37 GMT", NO_DATE},
};

START_TEST(dates_are_read_in_three_forms_and_no_other)
{
	struct str text = str_from(dates[_i].text);
	char *exact = malloc(text.n + 1);
	int64_t seconds = NO_DATE;

	memcpy(exact, text.p, text.n);
	ck_assert_int_eq(date_read(str_make(exact, text.n), NOW, &seconds),
	    dates[_i].seconds != NO_DATE);
	ck_assert_int_eq(seconds, dates[_i].seconds);
	free(exact);
}
END_TEST

START_TEST(a_date_cut_anywhere_is_none)
{
	static const char text[] = "Sun, 06 Nov 1994 08:49:37 GMT";
	int64_t seconds;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		char *exact = malloc(n + 1);

		memcpy(exact, text, n);
		ck_assert(!date_read(str_make(exact, n), NOW, &seconds));
		free(exact);
	}
}
END_TEST

/* ---- tags ---- */

static const struct {
	const char *text;
	const char *opaque; /* NULL: it is none */
	bool weak;
} tags[] = {
    {"\"a\"", "\"a\"", false},
    {"\"\"", "\"\"", false},
    {"W/\"a\"", "\"a\"", true},
    {"\"a,b\\\"", "\"a,b\\\"", false},
    {"\"\xc3\xbc\"", "\"\xc3\xbc\"", false},
    {"", NULL, false},
    {"a", NULL, false},
    {"\"", NULL, false},
    {"\"a", NULL, false},
    {"a\"", NULL, false},
    {"\"a b\"", NULL, false},
    {"\"a\"b\"", NULL, false},
    {"\"a\" ", NULL, false},
    {"w/\"a\"", NULL, false},
    {"W\"a\"", NULL, false},
    {"W\\\"a\"", NULL, false},
    {"W/", NULL, false},
    {"W", NULL, false},
    {"W/a", NULL, false},
    {"*", NULL, false},
};

START_TEST(tags_are_quoted)
{
	struct etag tag;

	ck_assert_int_eq(etag_read(str_from(tags[_i].text), &tag),
	    tags[_i].opaque != NULL);
	if (tags[_i].opaque == NULL)
		return;
	check_text(tag.opaque, str_from(tags[_i].opaque));
	ck_assert_int_eq(tag.weak, tags[_i].weak);
}
END_TEST

static const struct {
	const char *text;
	unsigned count; /* of tags before the end, or what is wrong */
	bool wrong;
} lists[] = {
    {"", 0, false},
    {" , ,", 0, false},
    {"\"a\"", 1, false},
    {"\"a\",\"b\" , W/\"c\"", 3, false},
    {",\"a\",,\"b\",", 2, false},
    {"\"a,b\", \"c\"", 2, false},
    {"\"a\" \"b\"", 0, true},
    {"\"a\", b", 1, true},
    {"\"a\", \"b", 1, true},
    {"*", 0, true},
    {"\"a\", *", 1, true},
};

START_TEST(lists_of_tags_end_where_they_are_wrong)
{
	struct str list = str_from(lists[_i].text);
	struct etag tag;
	unsigned count = 0;

	while (etag_next(&list, &tag))
		count++;
	ck_assert_uint_eq(count, lists[_i].count);
	ck_assert_int_eq(list.n > 0, lists[_i].wrong);
}
END_TEST

START_TEST(weak_tags_are_never_the_same_strongly)
{
	struct etag strong = {false, STR("\"a\"")};
	struct etag weak = {true, STR("\"a\"")};
	struct etag other = {false, STR("\"b\"")};
	struct etag none = {false, STR_NONE};

	ck_assert(etag_is_same_strongly(&strong, &strong));
	ck_assert(!etag_is_same_strongly(&strong, &weak));
	ck_assert(!etag_is_same_strongly(&weak, &weak));
	ck_assert(!etag_is_same_strongly(&strong, &other));
	ck_assert(!etag_is_same_strongly(&none, &none));
	ck_assert(etag_is_same_weakly(&strong, &weak));
	ck_assert(etag_is_same_weakly(&weak, &weak));
	ck_assert(!etag_is_same_weakly(&weak, &other));
	ck_assert(!etag_is_same_weakly(&none, &none));
}
END_TEST

START_TEST(the_tag_of_a_reply_is_said_once)
{
	struct parsed p;
	struct etag tag;

	parse_reply(&p, STR("HTTP/1.1 200 OK\r\nETag: W/\"1\"\r\n\r\n"),
	    METHOD_GET);
	tag = etag_of(&p.m);
	ck_assert(tag.weak);
	check_text(tag.opaque, STR("\"1\""));
	parsed_free(&p);
	parse_reply(&p,
	    STR("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nETag: \"2\"\r\n\r\n"),
	    METHOD_GET);
	ck_assert_ptr_null(etag_of(&p.m).opaque.p);
	parsed_free(&p);
	parse_reply(&p, STR("HTTP/1.1 200 OK\r\nETag: 1\r\n\r\n"), METHOD_GET);
	ck_assert_ptr_null(etag_of(&p.m).opaque.p);
	parsed_free(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("date_read");
	TCase *tests = tcase_create("dates and tags");

	tcase_add_loop_test(tests, dates_are_read_in_three_forms_and_no_other,
	    0, COUNT(dates));
	tcase_add_test(tests, a_date_cut_anywhere_is_none);
	tcase_add_loop_test(tests, tags_are_quoted, 0, COUNT(tags));
	tcase_add_loop_test(tests, lists_of_tags_end_where_they_are_wrong, 0,
	    COUNT(lists));
	tcase_add_test(tests, weak_tags_are_never_the_same_strongly);
	tcase_add_test(tests, the_tag_of_a_reply_is_said_once);
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}
