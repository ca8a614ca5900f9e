/*
 * test_balance.c - whose turn it is: weights, ties, second choices.
 */
#include "worker/origin/balance.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define MOST 8

static struct conf_server conf_servers[MOST];
static struct server servers[MOST];
static struct conf_pool conf_pool = {.servers = conf_servers};
static struct pool pool = {.conf = &conf_pool, .servers = servers};

static void make(unsigned count, const unsigned *weights)
{
	memset(servers, 0, sizeof(servers));
	conf_pool.server_count = count;
	for (unsigned i = 0; i < count; i++) {
		conf_servers[i].weight = weights[i];
		servers[i].conf = &conf_servers[i];
		servers[i].pool = &pool;
	}
}

/* The servers of the next N turns as letters. */
static const char *turns(unsigned n)
{
	static char text[256];

	ck_assert_uint_lt(n, sizeof(text));
	for (unsigned i = 0; i < n; i++)
		text[i] = (char)('a' + (balance_pick(&pool, NULL) - servers));
	text[n] = '\0';
	return text;
}

START_TEST(weights_are_spread_smoothly)
{
	make(3, (unsigned[]){5, 1, 1});
	ck_assert_str_eq(turns(7), "aabacaa");
	ck_assert_str_eq(turns(7), "aabacaa");
}
END_TEST

START_TEST(equal_weights_go_round)
{
	make(4, (unsigned[]){7, 7, 7, 7});
	ck_assert_str_eq(turns(9), "abcdabcda");
}
END_TEST

START_TEST(the_largest_weights_keep_their_share)
{
	unsigned count[2] = {0, 0};

	make(2, (unsigned[]){1000, 1});
	for (int i = 0; i < 1001 * 3; i++)
		count[balance_pick(&pool, NULL) - servers]++;
	ck_assert_uint_eq(count[0], 3000);
	ck_assert_uint_eq(count[1], 3);
}
END_TEST

START_TEST(one_server_has_every_turn)
{
	make(1, (unsigned[]){3});
	ck_assert_str_eq(turns(3), "aaa");
	ck_assert_ptr_eq(balance_pick(&pool, &servers[0]), &servers[0]);
}
END_TEST

START_TEST(who_failed_is_not_the_second_choice)
{
	make(3, (unsigned[]){100, 1, 1});
	for (int i = 0; i < 50; i++) {
		struct server *first = balance_pick(&pool, NULL);

		ck_assert_ptr_ne(balance_pick(&pool, first), first);
	}
}
END_TEST

/* Else "a", which is down, would be the first choice of every request. */
START_TEST(a_second_choice_is_no_turn)
{
	make(2, (unsigned[]){1, 1});
	for (int i = 0; i < 10; i++) {
		ck_assert_str_eq(turns(1), "a");
		ck_assert_ptr_eq(balance_pick(&pool, &servers[0]), &servers[1]);
		ck_assert_str_eq(turns(1), "b");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("balance");
	TCase *tcase = tcase_create("balance");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, weights_are_spread_smoothly);
	tcase_add_test(tcase, equal_weights_go_round);
	tcase_add_test(tcase, the_largest_weights_keep_their_share);
	tcase_add_test(tcase, one_server_has_every_turn);
	tcase_add_test(tcase, who_failed_is_not_the_second_choice);
	tcase_add_test(tcase, a_second_choice_is_no_turn);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
