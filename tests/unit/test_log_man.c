/*
 * test_log_man.c - sluiced.conf(5) has each word of the access log, with its
 * meaning, and no other: fields, ends, faults, what was waited for, what the
 * cache did, and why it did not keep or use something.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/test_conf_util.h"

struct word {
	const char *name;
	const char *meaning;
};

static const struct word fields[] = {
#define LOG_FIELD(name, kind, where, meaning) {#name, meaning},
#define LOG_LATER(name, meaning)
#include "common/tbl/log_fields.h"
#undef LOG_FIELD
#undef LOG_LATER
};

static const struct word ends[] = {
#define END(name, side, status, meaning) {#name, meaning},
#include "common/tbl/end_reasons.h"
#undef END
};

static const struct word waitings[] = {
#define WAITING(name, meaning) {#name, meaning},
#include "common/tbl/waiting.h"
#undef WAITING
};

static const struct word uses[] = {
#define CACHE_USE(name, counter, meaning) {#name, meaning},
#include "common/tbl/cache_uses.h"
#undef CACHE_USE
};

static const struct word faults[] = {
#define FAULT(name, status, meaning) {#name, meaning},
#include "common/tbl/faults.h"
#undef FAULT
};

static const struct word reasons[] = {
#define CACHE_REASON(name, scope, meaning) {#name, meaning},
#include "common/tbl/cache_reasons.h"
#undef CACHE_REASON
};

struct table {
	const char *heading;
	const struct word *words;
	size_t count;
};

#define TABLE(heading, words)                                                  \
	{                                                                      \
		".Ss " heading "\n", words, sizeof(words) / sizeof((words)[0]) \
	}

static const struct table tables[] = {TABLE("Fields", fields),
    TABLE("Ends", ends), TABLE("Uses of the cache", uses),
    TABLE("Waiting", waitings), TABLE("Faults", faults),
    TABLE("Reasons", reasons)};

#define TABLES ((int)(sizeof(tables) / sizeof(tables[0])))

static char *page;

static void setup(void)
{
	page = conf_case_read_manual();
}

static void teardown(void)
{
	free(page);
}

/* The list under the heading, each entry on a line: "NAME MEANING". */
static char *list_of(const struct table *t)
{
	char *start = strstr(page, t->heading);
	char *end;

	ck_assert_msg(start != NULL, "no heading %s", t->heading);
	start = strstr(start, "\n.It Li ");
	ck_assert_ptr_nonnull(start);
	end = strstr(start, "\n.El");
	ck_assert_ptr_nonnull(end);
	start = strndup(start, (size_t)(end - start));
	for (char *p = start; *p != '\0'; p++)
		if (*p == '\n' && strncmp(p, "\n.It Li ", 8) != 0)
			*p = ' ';
	return start;
}

START_TEST(the_page_has_each_word_with_its_meaning)
{
	const struct table *t = &tables[_i];
	char *list = list_of(t);

	for (size_t i = 0; i < t->count; i++) {
		char want[300];
		const char *found;

		snprintf(want, sizeof(want), "\n.It Li %s %s", t->words[i].name,
		    t->words[i].meaning);
		found = strstr(list, want);
		ck_assert_msg(found != NULL, "not in the page: %s", want);
		ck_assert_msg(strchr("\n", found[strlen(want)]) != NULL,
		    "more than that in the page: %s", want);
	}
	free(list);
}
END_TEST

START_TEST(the_page_has_no_other_word)
{
	const struct table *t = &tables[_i];
	char *list = list_of(t);
	size_t count = 0;

	for (const char *p = list; p != NULL; p = strstr(p + 1, "\n.It Li "))
		count++;
	ck_assert_uint_eq(count, t->count);
	free(list);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log_man");
	TCase *tc = tcase_create("man");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, the_page_has_each_word_with_its_meaning, 0,
	    TABLES);
	tcase_add_loop_test(tc, the_page_has_no_other_word, 0, TABLES);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
