/*
 * test_queue.c - waiting for a server to have room: who gets a place, and who
 * goes without.
 */
#include "worker/origin/queue.h"

#include <errno.h>

#include "common/base/random.h"
#include "tests/unit/test_conn.h"
#include "worker/fiber/wakeup.h"

#define MOST 16
#define TIMEOUT (200 * USEC_PER_MSEC)

static struct conf_vhost vhost = {.name = "a"};
static struct conf_server conf_server = {
    .url = "a", .address.text = "a", .weight = 1, .max_conns = 1};
static struct conf_pool conf_pool = {.name = "web",
    .vhost = &vhost,
    .servers = &conf_server,
    .server_count = 1,
    .has_max_conns = true};
static struct conf_pool *conf_pools[] = {&conf_pool};
static const struct conf conf = {.pools = conf_pools, .pool_count = 1};
static struct pool *pool;

struct waiting {
	struct str client;
	struct fiber *fiber;
	struct pick pick;
	struct server *server;
	int result; /* 1: waits */
};

static struct waiting all[MOST];
static unsigned served[MOST]; /* in this order */
static unsigned served_count;

static void open_all(void)
{
	make_loop();
	MUST(random_init() == 0);
	MUST(wakeup_init() == 0);
	queue_init();
	conf_pool.queue = (struct conf_queue){.size = 10, .timeout = TIMEOUT};
	MUST(pools_init(&conf) == 0);
	pool = pool_find(&conf_pool);
	served_count = 0;
	memset(all, 0, sizeof(all));
}

static void close_all(void)
{
	turn_until_idle();
	ck_assert_uint_eq(health_held(pool_row(pool)), 0);
	ck_assert(list_empty(&pool->waiters));
	ck_assert_uint_eq(server_in_flight(pool->at[0]), 0);
	pools_free();
	loop_free();
}

static void wait_for_room(void *arg)
{
	struct waiting *w = arg;

	w->fiber = fiber_self();
	w->result = 1;
	w->result = queue_pick(pool, &w->pick, w->client, &w->server);
	if (w->result == 0)
		served[served_count++] = (unsigned)(w - all);
}

/* The I-th exchange comes, of CLIENT. */
static struct waiting *come(unsigned i, const char *client)
{
	all[i].client = str_from(client);
	start(wait_for_room, &all[i]);
	loop_turn(0);
	return &all[i];
}

static void leave(struct waiting *w)
{
	server_release(w->server);
	loop_turn(0);
}

static void wait_result(struct waiting *w, int expected)
{
	usec_t limit = clock_mono() + PATIENCE;

	while (w->result == 1 && clock_mono() < limit)
		loop_turn(10 * USEC_PER_MSEC);
	ck_assert_int_eq(w->result, expected);
}

START_TEST(a_place_that_comes_free_is_the_next_ones)
{
	struct waiting *first = come(0, "1");
	struct waiting *second = come(1, "2");

	ck_assert_int_eq(first->result, 0);
	ck_assert_int_eq(second->result, 1);
	ck_assert_uint_eq(health_held(pool_row(pool)), 1);
	leave(first);
	wait_result(second, 0);
	ck_assert_ptr_eq(second->server, pool->at[0]);
	leave(second);
}
END_TEST

START_TEST(who_waits_for_too_long_goes)
{
	struct waiting *first = come(0, "1");
	usec_t began = clock_mono();

	wait_result(come(1, "2"), -ETIMEDOUT);
	ck_assert_int_ge(clock_mono() - began, TIMEOUT - USEC_PER_MSEC);
	leave(first);
}
END_TEST

START_TEST(a_queue_has_an_end)
{
	struct waiting *first = come(0, "1");
	struct waiting *second;

	conf_pool.queue.size = 1;
	second = come(1, "2");
	ck_assert_int_eq(come(2, "3")->result, -ENOBUFS);
	conf_pool.queue.size = 0;
	ck_assert_int_eq(come(3, "3")->result, -ENOBUFS);
	leave(first);
	wait_result(second, 0);
	leave(second);
}
END_TEST

START_TEST(nobody_waits_for_what_is_not_there)
{
	atomic_store(&pool->at[0]->row->server.wish, HEALTH_DOWN);
	ck_assert_int_eq(come(0, "1")->result, -ENOENT);
}
END_TEST

START_TEST(who_leaves_loses_the_place)
{
	struct waiting *first = come(0, "1");
	struct waiting *second = come(1, "2");
	struct waiting *third = come(2, "3");

	fiber_cancel(second->fiber);
	wait_result(second, -ECANCELED);
	leave(first);
	wait_result(third, 0);
	leave(third);
}
END_TEST

/* The place is on its way to one who is leaving in the same turn. */
START_TEST(a_place_that_comes_too_late_is_the_next_ones)
{
	struct waiting *first = come(0, "1");
	struct waiting *second = come(1, "2");
	struct waiting *third = come(2, "3");

	fiber_cancel(second->fiber);
	server_release(first->server);
	wait_result(second, -ECANCELED);
	wait_result(third, 0);
	leave(third);
}
END_TEST

/* Five of one client, then one of another: it is the second to be served. */
START_TEST(clients_take_turns)
{
	static const unsigned expected[] = {0, 1, 6, 2, 7, 3, 4, 5};
	unsigned last = 0;

	for (unsigned i = 0; i < 6; i++)
		(void)come(i, "1");
	(void)come(6, "2");
	(void)come(7, "2");
	for (unsigned n = 1; n < 8; n++) {
		leave(&all[served[last]]);
		wait_result(&all[expected[n]], 0);
		last = n;
	}
	leave(&all[served[last]]);
	for (unsigned n = 0; n < 8; n++)
		ck_assert_uint_eq(served[n], expected[n]);
}
END_TEST

/* There is room, but somebody in another worker has been waiting for it. */
START_TEST(nobody_is_overtaken)
{
	struct waiting *late;

	health_hold(pool_row(pool));
	late = come(0, "1");
	ck_assert_int_eq(late->result, 1);
	health_release(pool_row(pool));
	wait_result(late, 0);
	leave(late);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("queue");
	TCase *tcase = tcase_create("queue");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, open_all, close_all);
	tcase_add_test(tcase, a_place_that_comes_free_is_the_next_ones);
	tcase_add_test(tcase, who_waits_for_too_long_goes);
	tcase_add_test(tcase, a_queue_has_an_end);
	tcase_add_test(tcase, nobody_waits_for_what_is_not_there);
	tcase_add_test(tcase, who_leaves_loses_the_place);
	tcase_add_test(tcase, a_place_that_comes_too_late_is_the_next_ones);
	tcase_add_test(tcase, clients_take_turns);
	tcase_add_test(tcase, nobody_is_overtaken);
	return run_all(suite);
}
