/*
 * test_dns_message.c - the least time to live in a message of DNS.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "worker/origin/dns_message.h"

#define HEADER(questions, answers)                                            \
	"\x12\x34\x81\x80\0" questions "\0" answers "\0\0\0\0"
#define QUESTION "\4_srv\3app\0\0\x21\0\1"
#define ANSWER(ttl) "\xc0\x0c\0\x21\0\1\0\0\0" ttl "\0\3abc"

static uint32_t ttl;

static bool least(struct str message)
{
	ttl = 0;
	return dns_least_ttl((const unsigned char *)message.p, message.n,
	    &ttl);
}

START_TEST(the_least_of_all_answers_counts)
{
	ck_assert(least(STR(HEADER("\1", "\2") QUESTION ANSWER("\x3c")
		ANSWER("\x07"))));
	ck_assert_uint_eq(ttl, 7);
	ck_assert(least(STR(HEADER("\1", "\1") QUESTION ANSWER("\x3c")
		ANSWER("\x07"))));
	ck_assert_uint_eq(ttl, 60);
}
END_TEST

START_TEST(without_an_answer_there_is_none)
{
	ck_assert(!least(STR(HEADER("\1", "\0") QUESTION)));
	ck_assert(!least(STR("")));
}
END_TEST

START_TEST(every_message_that_ends_early_is_refused)
{
	struct str whole = STR(HEADER("\1", "\1") QUESTION ANSWER("\x3c"));

	ck_assert(least(whole));
	for (size_t n = 0; n < whole.n; n++) {
		unsigned char *copy = malloc(n + 1);

		memcpy(copy, whole.p, n);
		ck_assert(!dns_least_ttl(copy, n, &ttl));
		free(copy);
	}
}
END_TEST

START_TEST(counts_and_lengths_that_lie_are_refused)
{
	ck_assert(!least(STR(HEADER("\1", "\3") QUESTION ANSWER("\x3c"))));
	ck_assert(!least(STR(HEADER("\x9", "\1") QUESTION ANSWER("\x3c"))));
	ck_assert(!least(STR(HEADER("\1", "\1") "\x3f" "abc")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dns_message");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, the_least_of_all_answers_counts);
	tcase_add_test(t, without_an_answer_there_is_none);
	tcase_add_test(t, every_message_that_ends_early_is_refused);
	tcase_add_test(t, counts_and_lengths_that_lie_are_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
