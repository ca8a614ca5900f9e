/*
 * test_outlier.c - who errs is taken out; a pool that errs is shut.
 *
 * Without a health table all rows are this process's own.
 */
#include "worker/origin/outlier.h"

#include "common/shm/seat.h"
#include "tests/unit/test_fiber.h"
#include "worker/origin/breaker.h"

#define SERVERS 4
#define SHORT (50 * USEC_PER_MSEC)

static struct conf_outlier outlier;
static struct conf_breaker breaker;
static struct conf_vhost vhost = {.name = "a.test"};
static struct conf_server servers[SERVERS];
static struct conf_pool conf_pool = {.name = "web",
    .servers = servers,
    .server_count = SERVERS,
    .outlier = &outlier,
    .vhost = &vhost};
static struct conf_pool *conf_pools[] = {&conf_pool};
static const struct conf conf = {.pools = conf_pools, .pool_count = 1};
static struct pool *pool;

static void open_all(void)
{
	static const char *const urls[SERVERS] = {"http://a", "http://b",
	    "http://c", "http://d"};

	make_loop();
	for (unsigned i = 0; i < SERVERS; i++)
		servers[i] = (struct conf_server){.url = urls[i], .weight = 1,
		    .address.text = urls[i]};
	outlier = (struct conf_outlier){.errors = 3,
	    .within = 10 * USEC_PER_SEC, .eject = USEC_PER_HOUR,
	    .max_ejected = 500000, .requests = 10};
	breaker = (struct conf_breaker){.error_rate = 500000, .requests = 4,
	    .within = 10 * USEC_PER_SEC, .open = USEC_PER_HOUR};
	conf_pool.server_count = SERVERS;
	conf_pool.breaker = NULL;
	log_set_level(LEVEL_ERROR);
	ck_assert_int_eq(pools_init(&conf), 0);
	pool = pool_find(&conf_pool);
}

static void close_all(void)
{
	pools_free();
	free_loop();
}

static void wait_for(usec_t time)
{
	usec_t end = clock_mono() + time;

	while (loop_now() < end)
		loop_turn(5 * USEC_PER_MSEC);
}

/* COUNT times the same of server I. */
static void see(unsigned i, enum server_result result, unsigned count)
{
	while (count-- > 0)
		outlier_saw(pool->at[i], result, 500);
}

static bool is_out(unsigned i)
{
	return !server_is_usable(pool->at[i], false, loop_now());
}

/* ---- arithmetic ---- */

START_TEST(how_many_may_be_out)
{
	static const struct {
		uint32_t share;
		unsigned count;
		unsigned most;
	} rows[] = {{500000, 1, 0}, {500000, 2, 1}, {500000, 3, 1},
	    {500000, 4, 2}, {500000, 5, 2}, {100000, 2, 1}, {100000, 20, 2},
	    {1000000, 1, 0}, {1000000, 2, 1}, {1000000, 5, 4}, {0, 5, 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned out = 0;

		outlier.max_ejected = rows[i].share;
		while (outlier_may_eject(&outlier, rows[i].count, out))
			out++;
		ck_assert_msg(out == rows[i].most, "%u of %u at %u", out,
		    rows[i].count, rows[i].share);
	}
}
END_TEST

START_TEST(ejections_double_up_to_five_minutes)
{
	outlier.eject = 100 * USEC_PER_SEC;
	ck_assert_int_eq(outlier_time(&outlier, 0), 100 * USEC_PER_SEC);
	ck_assert_int_eq(outlier_time(&outlier, 1), 200 * USEC_PER_SEC);
	ck_assert_int_eq(outlier_time(&outlier, 2), 300 * USEC_PER_SEC);
	ck_assert_int_eq(outlier_time(&outlier, 200), 300 * USEC_PER_SEC);
	outlier.eject = USEC_PER_HOUR;
	ck_assert_int_eq(outlier_time(&outlier, 0), USEC_PER_HOUR);
	ck_assert_int_eq(outlier_time(&outlier, 9), USEC_PER_HOUR);
}
END_TEST

/* ---- errors in a row ---- */

START_TEST(errors_in_a_row_take_a_server_out)
{
	char text[80];
	struct out out = out_make(text, sizeof(text));

	outlier_say(&out, pool->at[0]);
	ck_assert_uint_eq(out.n, 0);
	see(0, SERVER_status, 2);
	ck_assert(!is_out(0));
	see(0, SERVER_well, 1);
	see(0, SERVER_status, 2);
	ck_assert(!is_out(0));
	see(0, SERVER_connect_failed, 1);
	ck_assert(is_out(0) && !is_out(1));
	outlier_say(&out, pool->at[0]);
	ck_assert_str_eq(out_cstr(&out), "it could not be connected to");
	ck_assert_uint_eq(seat_current->counters[COUNT_ejections], 1);
	ck_assert_int_eq(pool->at[0]->row->server.up_since,
	    pool->at[0]->row->server.ejected_until);
}
END_TEST

START_TEST(errors_of_long_ago_are_not_in_the_row)
{
	outlier.within = SHORT;
	see(0, SERVER_status, 2);
	wait_for(2 * SHORT);
	see(0, SERVER_status, 2);
	ck_assert(!is_out(0));
	see(0, SERVER_status, 1);
	ck_assert(is_out(0));
}
END_TEST

START_TEST(who_is_out_comes_back_and_stays_longer_the_next_time)
{
	usec_t first, second;

	outlier.eject = SHORT;
	see(0, SERVER_status, 3);
	first = pool->at[0]->row->server.ejected_until - loop_now();
	ck_assert(is_out(0) && first == SHORT);
	see(0, SERVER_status, 9); /* those that were under way */
	wait_for(2 * SHORT);
	ck_assert(!is_out(0));
	see(0, SERVER_status, 3);
	second = pool->at[0]->row->server.ejected_until - loop_now();
	ck_assert_int_eq(second, 2 * SHORT);
}
END_TEST

START_TEST(half_of_them_stay_whoever_errs)
{
	for (unsigned i = 0; i < SERVERS; i++)
		see(i, SERVER_status, 9);
	ck_assert(is_out(0) && is_out(1) && !is_out(2) && !is_out(3));
}
END_TEST

START_TEST(whom_the_operator_does_not_want_is_not_one_of_them)
{
	for (unsigned i = 1; i < SERVERS; i++)
		pool->at[i]->row->server.wish = HEALTH_DOWN;
	see(0, SERVER_status, 9);
	ck_assert(!is_out(0));
}
END_TEST

START_TEST(who_holds_the_claim_is_not_waited_for)
{
	claim_word *word = &pool_row(pool)->pool.ejecting;

	ck_assert(claim_take(word, loop_now(), SHORT) != 0);
	see(0, SERVER_status, 5);
	ck_assert(!is_out(0));
	wait_for(2 * SHORT);
	see(0, SERVER_status, 1);
	ck_assert(is_out(0));
}
END_TEST

/* ---- rates ---- */

START_TEST(a_rate_of_errors_takes_a_server_out)
{
	outlier.errors = 0;
	outlier.error_rate = 300000;
	for (int i = 0; i < 3; i++) {
		see(0, SERVER_well, 2);
		see(0, SERVER_deadline, 1);
		ck_assert(!is_out(0));
	}
	see(0, SERVER_well, 2);
	see(0, SERVER_deadline, 1);
	ck_assert(is_out(0));
	ck_assert_uint_eq(pool->at[0]->row->server.window, 0);
}
END_TEST

START_TEST(a_pool_without_outlier_only_counts_failures)
{
	conf_pool.outlier = NULL;
	see(0, SERVER_status, 50);
	conf_pool.outlier = &outlier;
	ck_assert(!is_out(0));
	ck_assert_uint_eq(pool->at[0]->row->server.failures, 50);
	ck_assert_uint_eq(pool->at[0]->row->server.errors, 0);
}
END_TEST

/* ---- breaker ---- */

/* Exchanges that end so. */
static void pass(unsigned count, bool error)
{
	while (count-- > 0) {
		uint64_t probe;

		ck_assert(breaker_enter(pool, &probe));
		breaker_saw(pool, &probe, error);
		breaker_leave(pool, &probe);
	}
}

static bool is_shut(void)
{
	uint64_t probe;
	bool may = breaker_enter(pool, &probe);

	breaker_leave(pool, &probe);
	return !may;
}

START_TEST(a_pool_without_a_breaker_is_never_shut)
{
	pass(100, true);
	ck_assert(!is_shut());
}
END_TEST

START_TEST(a_breaker_opens_by_its_rate)
{
	conf_pool.breaker = &breaker;
	pass(2, false);
	pass(1, true);
	ck_assert(!is_shut());
	pass(1, true);
	ck_assert(is_shut());
	ck_assert_uint_eq(seat_current->counters[COUNT_breaker_open], 1);
}
END_TEST

START_TEST(one_probe_at_a_time_decides)
{
	uint64_t probe, other;

	conf_pool.breaker = &breaker;
	breaker.open = SHORT;
	pass(4, true);
	ck_assert(is_shut());
	wait_for(2 * SHORT);
	ck_assert(breaker_enter(pool, &probe) && probe != 0);
	ck_assert(!breaker_enter(pool, &other) && other == 0);
	breaker_saw(pool, &probe, true);
	ck_assert(probe == 0 && is_shut());
	wait_for(2 * SHORT);
	ck_assert(breaker_enter(pool, &probe) && probe != 0);
	breaker_saw(pool, &probe, false);
	ck_assert(!is_shut());
	pass(2, false);
}
END_TEST

START_TEST(a_probe_that_tells_nothing_is_followed_by_another)
{
	uint64_t probe, late;

	conf_pool.breaker = &breaker;
	breaker.open = SHORT;
	pass(4, true);
	wait_for(2 * SHORT);
	ck_assert(breaker_enter(pool, &probe) && probe != 0);
	breaker_leave(pool, &probe);
	ck_assert(breaker_enter(pool, &late) && late != 0);
	wait_for(2 * SHORT);
	ck_assert(breaker_enter(pool, &probe) && probe != 0);
	breaker_saw(pool, &late, false); /* its claim has run out */
	ck_assert(is_shut());
	breaker_saw(pool, &probe, false);
	ck_assert(!is_shut());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("outlier");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, open_all, close_all);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, how_many_may_be_out);
	tcase_add_test(tc, ejections_double_up_to_five_minutes);
	tcase_add_test(tc, errors_in_a_row_take_a_server_out);
	tcase_add_test(tc, errors_of_long_ago_are_not_in_the_row);
	tcase_add_test(tc,
	    who_is_out_comes_back_and_stays_longer_the_next_time);
	tcase_add_test(tc, half_of_them_stay_whoever_errs);
	tcase_add_test(tc, whom_the_operator_does_not_want_is_not_one_of_them);
	tcase_add_test(tc, who_holds_the_claim_is_not_waited_for);
	tcase_add_test(tc, a_rate_of_errors_takes_a_server_out);
	tcase_add_test(tc, a_pool_without_outlier_only_counts_failures);
	tcase_add_test(tc, a_pool_without_a_breaker_is_never_shut);
	tcase_add_test(tc, a_breaker_opens_by_its_rate);
	tcase_add_test(tc, one_probe_at_a_time_decides);
	tcase_add_test(tc, a_probe_that_tells_nothing_is_followed_by_another);
	return run_all(s);
}
