/*
 * test_balance.c - which server is chosen: every method, weights, tiers, who
 * may be used and who has room.
 */
#include "worker/origin/balance.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"

#define MOST 8
#define MANY 6000

static struct conf_vhost vhost = {.name = "a"};
static struct conf_server conf_servers[MOST];
static struct conf_pool conf_pool = {
    .name = "web", .vhost = &vhost, .servers = conf_servers};
static struct conf_pool *conf_pools[] = {&conf_pool};
static const struct conf conf = {.pools = conf_pools, .pool_count = 1};
static const char *const urls[MOST] = {"a", "b", "c", "d", "e", "f", "g", "h"};
static struct pool *pool;

static void make(enum conf_balance balance, unsigned count,
    const unsigned *weights)
{
	conf_pool.balance = balance;
	conf_pool.server_count = count;
	for (unsigned i = 0; i < count; i++) {
		unsigned weight = weights != NULL ? weights[i] : 1;

		conf_servers[i] = (struct conf_server){
		    .url = urls[i], .address.text = urls[i], .weight = weight};
	}
	ck_assert_int_eq(pools_init(&conf), 0);
	pool = pool_find(&conf_pool);
}

static void setup(void)
{
	ck_assert_int_eq(random_init(), 0);
	ck_assert_int_eq(loop_init(), 0);
	conf_pool.slow_start = 0;
	conf_pool.queue.size = 0;
}

static void teardown(void)
{
	for (unsigned i = 0; i < pool->count; i++)
		while (pool->at[i]->reserved > 0)
			server_release(pool->at[i]);
	pools_free();
	loop_free();
}

/* The letter of the server that takes the request of PICK, '-' for none. */
static char pick_kept(struct pick *pick)
{
	struct server *s = balance_pick(pool, pick);

	return s != NULL ? s->conf->url[0] : '-';
}

static struct server *server(char letter)
{
	return pool->at[letter - 'a'];
}

/* The same, and it is done at once. */
static char pick_one(struct pick *pick)
{
	char letter = pick_kept(pick);

	if (letter != '-')
		server_release(server(letter));
	return letter;
}

static char one(void)
{
	struct pick pick = {.tried_count = 0};

	return pick_one(&pick);
}

static const char *turns(unsigned n)
{
	static char text[64];

	ck_assert_uint_lt(n, sizeof(text));
	for (unsigned i = 0; i < n; i++)
		text[i] = one();
	text[n] = '\0';
	return text;
}

/* How many of N requests go to each. */
static const unsigned *shares(unsigned n)
{
	static unsigned count[MOST];

	memset(count, 0, sizeof(count));
	for (unsigned i = 0; i < n; i++)
		count[one() - 'a']++;
	return count;
}

static void expect_about(unsigned got, unsigned expected)
{
	ck_assert_uint_gt(got, expected * 85 / 100);
	ck_assert_uint_lt(got, expected * 115 / 100);
}

/* ---- rr ---- */

START_TEST(weights_are_spread_smoothly)
{
	make(CONF_BALANCE_rr, 3, (unsigned[]){5, 1, 1});
	ck_assert_str_eq(turns(7), "aabacaa");
	ck_assert_str_eq(turns(7), "aabacaa");
}
END_TEST

START_TEST(equal_weights_go_round)
{
	make(CONF_BALANCE_rr, 4, (unsigned[]){7, 7, 7, 7});
	ck_assert_str_eq(turns(9), "abcdabcda");
}
END_TEST

START_TEST(the_largest_weights_keep_their_share)
{
	const unsigned *count;

	make(CONF_BALANCE_rr, 2, (unsigned[]){1000, 1});
	count = shares(1001 * 3);
	ck_assert_uint_eq(count[0], 3000);
	ck_assert_uint_eq(count[1], 3);
}
END_TEST

/* Else "a", which is down, would be the first choice of every request. */
START_TEST(a_second_choice_is_no_turn)
{
	make(CONF_BALANCE_rr, 2, NULL);
	for (int i = 0; i < 10; i++) {
		struct pick pick = {.tried_count = 0};

		ck_assert_int_eq(pick_one(&pick), 'a');
		balance_tried(&pick, server('a'));
		ck_assert_int_eq(pick_one(&pick), 'b');
		ck_assert_str_eq(turns(1), "b");
	}
}
END_TEST

/* ---- all methods ---- */

static const enum conf_balance all[] = {CONF_BALANCE_p2c, CONF_BALANCE_rr,
    CONF_BALANCE_least_conn, CONF_BALANCE_latency, CONF_BALANCE_hash,
    CONF_BALANCE_random, CONF_BALANCE_first};
#define ALL (sizeof(all) / sizeof(all[0]))

START_TEST(who_failed_is_chosen_again_only_when_there_is_no_other)
{
	struct pick pick = {.tried_count = 0};

	make(all[_i], 3, (unsigned[]){100, 1, 1});
	for (int i = 0; i < 3; i++) {
		struct server *s = balance_pick(pool, &pick);

		for (unsigned k = 0; k < pick.tried_count; k++)
			ck_assert_uint_ne(pick.tried[k], s->id);
		balance_tried(&pick, s);
		server_release(s);
	}
	ck_assert_int_ne(pick_one(&pick), '-');
}
END_TEST

/* The one that failed has room, and would fail again. */
START_TEST(who_is_full_is_waited_for_before_one_is_tried_again)
{
	struct pick pick = {.tried_count = 0};

	make(all[_i], 2, NULL);
	conf_pool.queue.size = 10;
	conf_servers[1].max_conns = 1;
	ck_assert(server_reserve(server('b'), true));
	balance_tried(&pick, server('a'));
	ck_assert_int_eq(pick_one(&pick), '-');
	ck_assert(pick.full);
	conf_pool.queue.size = 0;
	ck_assert_int_eq(pick_one(&pick), 'a');
}
END_TEST

START_TEST(who_may_not_be_used_is_not)
{
	make(all[_i], 3, NULL);
	atomic_store(&server('a')->row->server.wish, HEALTH_DOWN);
	atomic_store(&server('b')->row->server.ejected_until, INT64_MAX);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(one(), 'c');
	atomic_store(&server('c')->row->server.wish, HEALTH_DRAIN);
	ck_assert_int_eq(one(), '-');
	atomic_store(&server('a')->row->server.wish, HEALTH_UP);
	ck_assert_int_eq(one(), 'a');
}
END_TEST

START_TEST(a_full_server_gets_no_more)
{
	struct pick pick = {.tried_count = 0};
	char got[5] = {0};

	make(all[_i], 2, NULL);
	conf_servers[0].max_conns = 3;
	conf_servers[1].max_conns = 1;
	for (int i = 0; i < 4; i++)
		got[i] = pick_kept(&pick);
	ck_assert_ptr_null(memchr(got, '-', 4));
	ck_assert_uint_eq(server_in_flight(server('a')), 3);
	ck_assert_uint_eq(server_in_flight(server('b')), 1);
	ck_assert_int_eq(pick_kept(&pick), '-');
	ck_assert(pick.full);
	atomic_store(&server('a')->row->server.wish, HEALTH_DOWN);
	atomic_store(&server('b')->row->server.wish, HEALTH_DOWN);
	ck_assert_int_eq(pick_kept(&pick), '-');
	ck_assert(!pick.full);
}
END_TEST

START_TEST(a_nearer_tier_is_asked_first_and_spills_over)
{
	make(all[_i], 3, NULL);
	pool->at[1]->tier = 1;
	pool->at[2]->tier = 2;
	ck_assert_str_eq(turns(20), "aaaaaaaaaaaaaaaaaaaa");
	atomic_store(&server('a')->row->server.wish, HEALTH_DOWN);
	ck_assert_str_eq(turns(3), "bbb");
	conf_servers[1].max_conns = 1;
	server_reserve(server('b'), true);
	ck_assert_str_eq(turns(3), "ccc");
}
END_TEST

START_TEST(who_is_stuck_to_a_server_gets_it)
{
	struct pick pick = {.tried_count = 0};

	make(all[_i], 3, NULL);
	pick.wanted = server('b')->id;
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(pick_one(&pick), 'b');
	atomic_store(&server('b')->row->server.wish, HEALTH_DRAIN);
	ck_assert_int_eq(pick_one(&pick), 'b');
	atomic_store(&server('b')->row->server.wish, HEALTH_DOWN);
	ck_assert_int_ne(pick_one(&pick), 'b');
}
END_TEST

/* ---- each method ---- */

static const enum conf_balance weighed[] = {CONF_BALANCE_p2c,
    CONF_BALANCE_random, CONF_BALANCE_rr};

START_TEST(an_idle_pool_is_used_by_weight)
{
	const unsigned *count;

	make(weighed[_i], 3, (unsigned[]){6, 3, 1});
	count = shares(MANY);
	expect_about(count[0], MANY * 6 / 10);
	expect_about(count[1], MANY * 3 / 10);
	expect_about(count[2], MANY / 10);
}
END_TEST

START_TEST(of_two_that_are_drawn_the_one_with_less_to_do_is_taken)
{
	make(CONF_BALANCE_p2c, 2, NULL);
	server_reserve(server('a'), true);
	ck_assert_str_eq(turns(8), "bbbbbbbb");
	server_reserve(server('b'), true);
	server_reserve(server('b'), true);
	ck_assert_str_eq(turns(8), "aaaaaaaa");
}
END_TEST

START_TEST(a_slow_server_gets_little_although_it_is_idle)
{
	const unsigned *count;

	make(CONF_BALANCE_p2c, 4, NULL);
	for (char c = 'a'; c <= 'd'; c++)
		server_measured(server(c), c == 'd' ? 100000 : 1000);
	count = shares(MANY);
	ck_assert_uint_eq(count[3], 0);
	expect_about(count[0], MANY / 3);
}
END_TEST

START_TEST(noise_in_latencies_takes_no_share_away)
{
	const unsigned *count;

	make(CONF_BALANCE_p2c, 2, NULL);
	server_measured(server('a'), 1000);
	server_measured(server('b'), 1900);
	count = shares(MANY);
	expect_about(count[0], MANY / 2);
}
END_TEST

START_TEST(the_fewest_in_flight_for_their_weight)
{
	make(CONF_BALANCE_least_conn, 3, (unsigned[]){1, 2, 1});
	server_reserve(server('a'), true);
	server_reserve(server('b'), true);
	ck_assert_str_eq(turns(2), "cc");
	server_reserve(server('c'), true);
	ck_assert_str_eq(turns(2), "bb");
}
END_TEST

START_TEST(the_fastest_is_taken_until_it_has_more_to_do)
{
	make(CONF_BALANCE_latency, 2, NULL);
	server_measured(server('a'), 1000);
	server_measured(server('b'), 3500);
	ck_assert_str_eq(turns(3), "aaa");
	for (int i = 0; i < 4; i++)
		server_reserve(server('a'), true);
	ck_assert_str_eq(turns(3), "bbb");
}
END_TEST

START_TEST(the_first_that_has_room)
{
	make(CONF_BALANCE_first, 2, NULL);
	conf_servers[0].max_conns = 1;
	ck_assert_str_eq(turns(3), "aaa");
	server_reserve(server('a'), true);
	ck_assert_str_eq(turns(3), "bbb");
}
END_TEST

START_TEST(a_key_has_its_server)
{
	make(CONF_BALANCE_hash, 5, NULL);
	for (uint64_t key = 0; key < 200; key++) {
		struct pick pick = {.key = key};
		char first_time = pick_one(&pick);

		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(pick_one(&pick), first_time);
	}
}
END_TEST

START_TEST(a_server_that_goes_moves_its_own_keys_alone)
{
	unsigned moved = 0;

	make(CONF_BALANCE_hash, 5, NULL);
	for (uint64_t key = 0; key < 2000; key++) {
		struct pick pick = {.key = key};
		char before, after;

		atomic_store(&server('e')->row->server.wish, HEALTH_UP);
		before = pick_one(&pick);
		atomic_store(&server('e')->row->server.wish, HEALTH_DOWN);
		after = pick_one(&pick);
		ck_assert(before == 'e' || after == before);
		moved += before == 'e';
	}
	expect_about(moved, 400);
}
END_TEST

/* A key that everybody asks for is shared when its server has 5/4 of what is
 * fair. */
START_TEST(a_popular_key_does_not_drown_its_server)
{
	struct pick pick = {.key = 7};
	unsigned most = 0;

	make(CONF_BALANCE_hash, 4, NULL);
	for (int i = 0; i < 100; i++)
		ck_assert_int_ne(pick_kept(&pick), '-');
	for (char c = 'a'; c <= 'd'; c++)
		if (server_in_flight(server(c)) > most)
			most = server_in_flight(server(c));
	ck_assert_uint_le(most, 33);
}
END_TEST

START_TEST(a_server_that_is_back_begins_with_little)
{
	const unsigned *count;

	make(CONF_BALANCE_random, 2, NULL);
	conf_pool.slow_start = USEC_PER_HOUR;
	atomic_store(&server('b')->row->server.up_since, loop_now());
	count = shares(MANY);
	expect_about(count[1], MANY / 11);
}
END_TEST

START_TEST(an_operator_changes_weights)
{
	const unsigned *count;

	make(CONF_BALANCE_random, 2, NULL);
	atomic_store(&server('b')->row->server.weight, 4);
	count = shares(MANY);
	expect_about(count[1], MANY * 4 / 5);
}
END_TEST

/* Between the choice and the reservation. */
START_TEST(an_order_that_comes_at_the_last_moment_holds)
{
	make(CONF_BALANCE_p2c, 1, NULL);
	atomic_store(&server('a')->row->server.wish, HEALTH_DRAIN);
	ck_assert(!server_reserve(server('a'), false));
	ck_assert_uint_eq(server_in_flight(server('a')), 0);
	ck_assert(server_reserve(server('a'), true));
	atomic_store(&server('a')->row->server.wish, HEALTH_DOWN);
	ck_assert(!server_reserve(server('a'), true));
	ck_assert_uint_eq(server_in_flight(server('a')), 1);
	ck_assert_uint_eq(atomic_load(&server('a')->row->server.requests), 1);
}
END_TEST

START_TEST(one_server_has_every_turn)
{
	make(CONF_BALANCE_p2c, 1, NULL);
	ck_assert_str_eq(turns(3), "aaa");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("balance");
	TCase *tcase = tcase_create("balance");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, weights_are_spread_smoothly);
	tcase_add_test(tcase, equal_weights_go_round);
	tcase_add_test(tcase, the_largest_weights_keep_their_share);
	tcase_add_test(tcase, a_second_choice_is_no_turn);
	tcase_add_loop_test(tcase,
	    who_failed_is_chosen_again_only_when_there_is_no_other, 0, ALL);
	tcase_add_loop_test(tcase,
	    who_is_full_is_waited_for_before_one_is_tried_again, 0, ALL);
	tcase_add_loop_test(tcase, who_may_not_be_used_is_not, 0, ALL);
	tcase_add_loop_test(tcase, a_full_server_gets_no_more, 0, ALL);
	tcase_add_loop_test(tcase, a_nearer_tier_is_asked_first_and_spills_over,
	    0, ALL);
	tcase_add_loop_test(tcase, who_is_stuck_to_a_server_gets_it, 0, ALL);
	tcase_add_loop_test(tcase, an_idle_pool_is_used_by_weight, 0, 3);
	tcase_add_test(tcase,
	    of_two_that_are_drawn_the_one_with_less_to_do_is_taken);
	tcase_add_test(tcase, a_slow_server_gets_little_although_it_is_idle);
	tcase_add_test(tcase, noise_in_latencies_takes_no_share_away);
	tcase_add_test(tcase, the_fewest_in_flight_for_their_weight);
	tcase_add_test(tcase, the_fastest_is_taken_until_it_has_more_to_do);
	tcase_add_test(tcase, the_first_that_has_room);
	tcase_add_test(tcase, a_key_has_its_server);
	tcase_add_test(tcase, a_server_that_goes_moves_its_own_keys_alone);
	tcase_add_test(tcase, a_popular_key_does_not_drown_its_server);
	tcase_add_test(tcase, a_server_that_is_back_begins_with_little);
	tcase_add_test(tcase, an_operator_changes_weights);
	tcase_add_test(tcase, an_order_that_comes_at_the_last_moment_holds);
	tcase_add_test(tcase, one_server_has_every_turn);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
