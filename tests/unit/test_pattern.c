/*
 * test_pattern.c - regular expressions, and what their matches hold for
 * certain.
 */
#include <check.h>

#include "common/conf/pattern.h"

static struct arena arena;

static void setup(void)
{
	arena_init(&arena);
	ck_assert_int_eq(conf_pattern_init(), 0);
}

static void teardown(void)
{
	arena_free(&arena);
}

static struct conf_pattern *compile(const char *text)
{
	struct conf_pattern_fault fault;
	struct conf_pattern *p =
	    conf_pattern_compile(&arena, str_from(text), &fault);

	ck_assert_msg(p != NULL, "%s: %s", text, fault.text);
	return p;
}

START_TEST(groups_are_captured)
{
	struct conf_pattern *p = compile("^/p/([0-9]+)(/x)?/(?<tail>.*)$");
	struct conf_captures c;

	ck_assert_int_eq(conf_pattern_match(p, STR("/p/42/a"), &c), CONF_MATCH);
	ck_assert_uint_eq(c.count, 4);
	ck_assert(str_eq(c.at[0], STR("/p/42/a")));
	ck_assert(str_eq(c.at[1], STR("42")));
	ck_assert_ptr_null(c.at[2].p);
	ck_assert(str_eq(c.at[3], STR("a")));
	ck_assert_uint_eq(conf_pattern_group(p, STR("tail")), 3);
	ck_assert_uint_eq(conf_pattern_group(p, STR("head")), 0);
	ck_assert_int_eq(
	    conf_pattern_match(p, STR("/p/x/a"), &c), CONF_NO_MATCH);
	conf_pattern_free_all(p);
}
END_TEST

START_TEST(more_groups_than_are_kept_do_no_harm)
{
	struct conf_pattern *p = compile("(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)"
	    "(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)");
	struct conf_captures c;

	ck_assert_uint_eq(p->groups, 30);
	ck_assert_int_eq(conf_pattern_match(p,
	    STR("abcdefghijklmnopqrstuvwxyz1234567890"), &c), CONF_MATCH);
	ck_assert_uint_eq(c.count, CONF_CAPTURES_MAX + 1);
	ck_assert(str_eq(c.at[CONF_CAPTURES_MAX], STR("t")));
	conf_pattern_free_all(p);
}
END_TEST

START_TEST(a_malformed_pattern_says_where)
{
	struct conf_pattern_fault fault;

	ck_assert_ptr_null(
	    conf_pattern_compile(&arena, STR("^/a(b"), &fault));
	ck_assert_uint_eq(fault.at, 5);
	ck_assert_str_eq(fault.text, "missing closing parenthesis");
}
END_TEST

START_TEST(a_pattern_that_explodes_is_given_up)
{
	struct conf_pattern *p = compile("^(a+)+$");

	ck_assert_int_eq(conf_pattern_match(p,
	    STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
	    NULL), CONF_MATCH_TOO_HARD);
	conf_pattern_free_all(p);
}
END_TEST

static const struct {
	const char *pattern;
	const char *start;
	const char *inside;
	const char *end;
} literals[] = {
    {"^/old/(.*)$", "/old/", "", ""},
    {"^/old", "/old", "", ""},
    {"^/old$", "/old", "", "/old"},
    {"\\.php$", "", "", ".php"},
    {"\\.php", "", ".php", ""},
    {"^/a?b", "/", "b", ""},
    {"^/ab?c", "/a", "c", ""},
    {"^/ab*", "/a", "", ""},
    {"^/ab+c", "/ab", "c", ""},
    {"^/a{2}", "/", "", ""},
    {"^/a{2,3}bc", "/", "bc", ""},
    {"^/a{2b}c", "", "", ""},
    {"a{1|b}cde", "", "", ""},
    {"a{,3}b", "", "", ""},
    {"^(/a)b", "", "b", ""},
    {"^[ab]/cde/f?", "", "/cde/", ""},
    {"a.longest.b", "", "longest", ""},
    {"^/shop/([0-9]+)/item-[a-z]*\\.html$", "/shop/", "/item-", ".html"},
    {"^/x|/y", "", "", ""},
    {"(?i)^/x", "", "", ""},
    {"^(?i:/x)y", "", "", ""},
    {"^/(a|b)/c", "/", "/c", ""},
    {"^/(a|b)/c$", "/", "", "/c"},
    {"(*UTF)abc", "", "", ""},
    {"\\Qa.b\\E", "", "", ""},
    {"abc\\Kdef", "", "", ""},
    {"[\\Qa]b\\E]c", "", "", ""},
    {"[\\E]abc]d", "", "", ""},
    {"[\\c]a]b", "", "", ""},
    {"(\\c()|\\c)abc", "", "", ""},
    {"a(b)\\1", "", "", ""},
    {"", "", "", ""},
    {"^", "", "", ""},
    {".*", "", "", ""},
    {"^\\/api\\/v1", "/api/v1", "", ""},
    {"x(?=y)z", "", "", ""},
    {"[^/]+/end", "", "/end", ""},
    {"[]a]bcd", "", "bcd", ""},
    {"[^]a]bcd", "", "bcd", ""},
    {"[[:alpha:]]b", "", "", ""},
    {"\\d+/items", "", "/items", ""},
    {"((a)(b(c)))dd", "", "dd", ""},
    {"abc$?", "", "abc", ""},
};

START_TEST(only_what_is_certain_is_a_literal)
{
	const char *pattern = literals[_i].pattern;
	struct conf_literal l = conf_literal_of(str_from(pattern), &arena);

	ck_assert_msg(str_eq(l.start, str_from(literals[_i].start)),
	    "%s: start \"%" PRI_STR "\"", pattern, ARG_STR(l.start));
	ck_assert_msg(str_eq(l.inside, str_from(literals[_i].inside)),
	    "%s: inside \"%" PRI_STR "\"", pattern, ARG_STR(l.inside));
	ck_assert_msg(str_eq(l.end, str_from(literals[_i].end)),
	    "%s: end \"%" PRI_STR "\"", pattern, ARG_STR(l.end));
}
END_TEST

START_TEST(a_subject_without_the_literals_is_turned_away)
{
	struct conf_literal l =
	    conf_literal_of(STR("^/a/[0-9]+/b/.*\\.c$"), &arena);

	ck_assert(conf_literal_allows(&l, STR("/a/1/b/x.c")));
	ck_assert(!conf_literal_allows(&l, STR("/x/1/b/x.c")));
	ck_assert(!conf_literal_allows(&l, STR("/a/1/x/x.c")));
	ck_assert(!conf_literal_allows(&l, STR("/a/1/b/x.d")));
	ck_assert(!conf_literal_allows(&l, STR("/a")));
	ck_assert(!conf_literal_allows(&l, STR_NONE));
	l = conf_literal_of(STR(""), &arena);
	ck_assert(conf_literal_allows(&l, STR_NONE));
}
END_TEST

/* PCRE2 refuses it in a lookaround, but not in what one calls. */
START_TEST(a_match_that_ends_before_its_start_is_empty)
{
	struct conf_pattern_fault fault;
	struct conf_pattern *p = conf_pattern_compile(&arena,
	    STR("(?(DEFINE)(?<k>ab\\K))(?=(?&k))a"), &fault);
	struct conf_captures c;

	if (p == NULL || conf_pattern_match(p, STR("/ab"), &c) != CONF_MATCH)
		return; /* newer versions do */
	ck_assert_uint_eq(c.at[0].n, 0);
	conf_pattern_free_all(p);
}
END_TEST

static const struct {
	const char *pattern;
	bool explodes;
} tried[] = {
    {"^(a+)+$", true},
    {"^/x/(a+)+$", true},
    {"^/x/(.*/)*end$", true},
    {"^/([a-z]+)*\\.php$", true},
    {"^/(\\w+\\s?)+$", true},
    {"^/old/(.*)$", false},
    {"^(/[^/]+)*/x$", false},
    {"^/([^/]+)/([^/]+)/(.*)\\.html$", false},
    {"\\.(php|asp|cgi)$", false},
    {"^/(a+)b(c+)d$", false},
};

START_TEST(patterns_that_explode_are_found_at_load)
{
	struct conf_pattern *p = compile(tried[_i].pattern);

	ck_assert_msg(conf_pattern_explodes(p) == tried[_i].explodes, "%s",
	    tried[_i].pattern);
	conf_pattern_free_all(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pattern");
	TCase *tc = tcase_create("pattern");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, groups_are_captured);
	tcase_add_test(tc, more_groups_than_are_kept_do_no_harm);
	tcase_add_test(tc, a_malformed_pattern_says_where);
	tcase_add_test(tc, a_pattern_that_explodes_is_given_up);
	tcase_add_loop_test(tc, only_what_is_certain_is_a_literal, 0,
	    (int)(sizeof(literals) / sizeof(literals[0])));
	tcase_add_test(tc, a_subject_without_the_literals_is_turned_away);
	tcase_add_test(tc, a_match_that_ends_before_its_start_is_empty);
	tcase_add_loop_test(tc, patterns_that_explode_are_found_at_load, 0,
	    (int)(sizeof(tried) / sizeof(tried[0])));
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
