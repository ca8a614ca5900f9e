/*
 * test_error_page.c - what is said with each status that we send ourselves.
 */
#include "tests/unit/test_head.h"

#include "worker/proxy/error_page.h"

static const struct {
	unsigned status;
	struct str phrase;
	struct str words;
} rows[] = {
#define REASON(number, phrase, words) {number, TEXT(phrase), TEXT(words)},
#include "worker/http/reasons.h"
#undef REASON
};

static void check_harmless(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		ck_assert_msg(s.p[i] >= ' ' && s.p[i] < 0x7f, "%" PRI_STR,
		    ARG_STR(s));
		ck_assert_msg(strchr("<>&\"'\\{}", s.p[i]) == NULL,
		    "%" PRI_STR, ARG_STR(s));
	}
}

START_TEST(what_is_said_is_harmless_in_html_and_json)
{
	check_harmless(rows[_i].phrase);
	check_harmless(rows[_i].words);
	ck_assert_uint_gt(rows[_i].phrase.n, 0);
}
END_TEST

START_TEST(each_error_has_words_of_whole_sentences)
{
	struct str words = error_page_words(rows[_i].status);

	check_text(words, rows[_i].words);
	if (rows[_i].status < CONF_ERROR_LEAST)
		return;
	ck_assert_uint_gt(words.n, 10);
	ck_assert_int_eq(words.p[words.n - 1], '.');
}
END_TEST

START_TEST(each_end_and_fault_has_words)
{
	struct str other = error_page_words(599);

	for (enum end e = END_NONE + 1; e < END_COUNT; e++)
		if (end_status(e) != 0)
			ck_assert(!str_eq(error_page_words(end_status(e)),
			    other));
	for (enum fault f = FAULT_NONE + 1; f < FAULT_END; f++)
		ck_assert(!str_eq(error_page_words(fault_status(f)), other));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("error_page");
	TCase *tcase = tcase_create("words");

	tcase_add_loop_test(tcase, what_is_said_is_harmless_in_html_and_json,
	    0, COUNT(rows));
	tcase_add_loop_test(tcase, each_error_has_words_of_whole_sentences, 0,
	    COUNT(rows));
	tcase_add_test(tcase, each_end_and_fault_has_words);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
