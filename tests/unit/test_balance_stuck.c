/*
 * test_balance_stuck.c - requests that are stuck to a server, by any method:
 * when it is full, when it failed, when no other will do.
 */
#include "worker/origin/balance.h"

#include <check.h>
#include <stdlib.h>

#include "common/base/random.h"

#define SERVERS 3

static struct conf_vhost vhost = {.name = "a"};
static struct conf_server conf_servers[SERVERS];
static struct conf_pool conf_pool = {.name = "web",
    .vhost = &vhost,
    .servers = conf_servers,
    .server_count = SERVERS};
static struct conf_pool *conf_pools[] = {&conf_pool};
static const struct conf conf = {.pools = conf_pools, .pool_count = 1};
static struct pool *pool;

static const enum conf_balance all[] = {CONF_BALANCE_p2c, CONF_BALANCE_rr,
    CONF_BALANCE_least_conn, CONF_BALANCE_latency, CONF_BALANCE_hash,
    CONF_BALANCE_random, CONF_BALANCE_first};
#define ALL (int)(sizeof(all) / sizeof(all[0]))

static void make(enum conf_balance balance)
{
	static const char *const urls[] = {"a", "b", "c"};

	ck_assert_int_eq(random_init(), 0);
	ck_assert_int_eq(loop_init(), 0);
	conf_pool.balance = balance;
	for (int i = 0; i < SERVERS; i++)
		conf_servers[i] = (struct conf_server){.url = urls[i],
		    .address.text = urls[i],
		    .weight = 1};
	ck_assert_int_eq(pools_init(&conf), 0);
	pool = pool_find(&conf_pool);
}

static void teardown(void)
{
	for (unsigned i = 0; i < pool->count; i++)
		while (pool->at[i]->reserved > 0)
			server_release(pool->at[i]);
	pools_free();
	loop_free();
}

static struct server *server(char letter)
{
	return pool->at[letter - 'a'];
}

/* The letter of the server that takes the request of PICK, '-' for none. */
static char pick_kept(struct pick *pick)
{
	struct server *s = balance_pick(pool, pick);

	return s != NULL ? s->conf->url[0] : '-';
}

/* The same, and it is done at once. */
static char pick_one(struct pick *pick)
{
	char letter = pick_kept(pick);

	if (letter != '-')
		server_release(server(letter));
	return letter;
}

START_TEST(who_is_stuck_to_a_full_server_waits_if_there_is_a_queue)
{
	struct pick pick = {.tried_count = 0};

	make(all[_i]);
	conf_servers[1].max_conns = 1;
	pick.wanted = server('b')->id;
	ck_assert_int_eq(pick_kept(&pick), 'b');
	ck_assert(!pick.wanted_full);
	ck_assert_int_ne(pick_one(&pick), 'b');
	ck_assert(pick.wanted_full && !pick.full);
	conf_pool.queue.size = 1;
	ck_assert_int_eq(pick_one(&pick), '-');
	ck_assert(pick.wanted_full && pick.full);
	server_release(server('b'));
	ck_assert_int_eq(pick_one(&pick), 'b');
	ck_assert(!pick.wanted_full && !pick.full);
}
END_TEST

START_TEST(who_failed_a_request_does_not_keep_it)
{
	struct pick pick = {.tried_count = 0};

	make(all[_i]);
	pick.wanted = server('b')->id;
	balance_tried(&pick, server('b'));
	for (int i = 0; i < 10; i++)
		ck_assert_int_ne(pick_one(&pick), 'b');
}
END_TEST

START_TEST(who_may_have_no_other_server_gets_none)
{
	struct pick pick = {.only_wanted = true};

	make(all[_i]);
	ck_assert_int_ne(pick_one(&pick), '-'); /* it wants none yet */
	pick.wanted = server('b')->id;
	balance_tried(&pick, server('b'));
	ck_assert_int_eq(pick_one(&pick), 'b');
	conf_servers[1].max_conns = 1;
	ck_assert_int_eq(pick_kept(&pick), 'b');
	ck_assert_int_eq(pick_one(&pick), '-');
	ck_assert(pick.full);
	atomic_store(&server('b')->row->server.wish, HEALTH_DOWN);
	ck_assert_int_eq(pick_one(&pick), '-');
	ck_assert(!pick.full);
	pick.wanted++; /* one that there is not */
	ck_assert_int_ne(pick_one(&pick), '-');
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("balance_stuck");
	TCase *tcase = tcase_create("balance_stuck");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase,
	    who_is_stuck_to_a_full_server_waits_if_there_is_a_queue, 0, ALL);
	tcase_add_loop_test(tcase, who_failed_a_request_does_not_keep_it, 0,
	    ALL);
	tcase_add_loop_test(tcase, who_may_have_no_other_server_gets_none, 0,
	    ALL);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
