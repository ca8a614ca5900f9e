/*
 * test_origin.c - idle connections to origins: lent, given back, gone.
 */
#include "worker/origin/origin.h"

#include "common/shm/seat.h"
#include "tests/unit/test_conn.h"
#include "worker/fiber/inside.h"

#define MOST 64
#define IDLE_MAX 32
#define IDLE_PATIENCE (3 * USEC_PER_SEC)

/* One server; its connections as it sees them, in order of acceptance. */
static struct conf_server conf_server = {.url = "http://origin", .weight = 1};
static struct conf_vhost conf_vhost = {.name = "a"};
static struct conf_pool conf_pool = {
    .name = "web",
    .vhost = &conf_vhost,
    .servers = &conf_server,
    .server_count = 1,
    .timeouts.connect = 3 * USEC_PER_SEC,
    .idle_max = IDLE_MAX};
static struct conf_pool *conf_pools[] = {&conf_pool};
static const struct conf conf = {.pools = conf_pools, .pool_count = 1};
static int listener;
static struct server *server;

static int64_t counted(enum counter which)
{
	return (int64_t)seat_current->counters[which];
}

static void open_all(void)
{
	struct sockaddr_in addr;

	make_loop();
	listener = listen_local(&addr, MOST);
	MUST(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
	memcpy(&conf_server.address.addr, &addr, sizeof(addr));
	conf_server.address.len = sizeof(addr);
	conf_server.address.text = "address";
	ck_assert_int_eq(pools_init(&conf), 0);
	server = pool_find(&conf_pool)->at[0];
}

static void close_all(void)
{
	turn_until_idle();
	ck_assert_uint_eq(server_in_flight(server), 0);
	pools_free();
	ck_assert_int_eq(counted(COUNT_origin_idle), 0);
	close(listener);
	loop_free();
}

struct borrowing {
	const struct proxy_header *client;
	usec_t idle_at_most;
	struct origin *origin;
	int result;
};

static void borrow_once(void *arg)
{
	struct borrowing *b = arg;
	struct origin_want want = {b->idle_at_most, 0, b->client};

	MUST(server_reserve(server, true));
	b->result = origin_borrow_as(server, &want, &b->origin);
	if (b->result < 0)
		server_release(server);
}

static int try_to_borrow(usec_t idle_at_most, struct origin **origin_r)
{
	struct borrowing b = {.idle_at_most = idle_at_most};

	start(borrow_once, &b);
	turn_until_idle();
	*origin_r = b.origin;
	return b.result;
}

static struct origin *borrow(usec_t idle_at_most)
{
	struct origin *o;

	MUST(try_to_borrow(idle_at_most, &o) == 0);
	return o;
}

static struct origin *borrow_any(void)
{
	return borrow(ORIGIN_OF_ANY_AGE);
}

static int accept_one(void)
{
	int fd = accept(listener, NULL, NULL);

	MUST(fd >= 0);
	return fd;
}

static void turn_for(usec_t time)
{
	usec_t end = clock_mono() + time;

	while (clock_mono() < end)
		loop_turn(10 * USEC_PER_MSEC);
}

static unsigned idle_now(void)
{
	return server->pool->idle_count;
}

static void turn_until_idle_count(unsigned wanted)
{
	usec_t limit = clock_mono() + PATIENCE;

	while (idle_now() != wanted && clock_mono() < limit)
		loop_turn(10 * USEC_PER_MSEC);
	ck_assert_uint_eq(idle_now(), wanted);
	ck_assert_int_eq(counted(COUNT_origin_idle), wanted);
}

/* ---- lending ---- */

START_TEST(a_connection_is_used_again)
{
	struct origin *o = borrow_any();
	struct origin *first = o;

	ck_assert(!o->reused);
	ck_assert_ptr_eq(o->server, server);
	origin_give(&o, IDLE_PATIENCE);
	ck_assert_ptr_null(o);
	ck_assert_uint_eq(idle_now(), 1);
	o = borrow_any();
	ck_assert_ptr_eq(o, first);
	ck_assert(o->reused);
	ck_assert_uint_eq(idle_now(), 0);
	ck_assert_int_eq(counted(COUNT_origin_connects), 1);
	ck_assert_int_eq(counted(COUNT_origin_reuses), 1);
	origin_drop(&o);
	ck_assert_ptr_null(o);
}
END_TEST

START_TEST(the_newest_is_lent_first)
{
	struct origin *a = borrow_any(), *b = borrow_any(), *newest = b;

	ck_assert_ptr_ne(a, b);
	origin_give(&a, IDLE_PATIENCE);
	origin_give(&b, IDLE_PATIENCE);
	b = borrow_any();
	ck_assert_ptr_eq(b, newest);
	origin_give(&b, IDLE_PATIENCE);
}
END_TEST

START_TEST(zero_age_asks_for_a_new_one)
{
	struct origin *a = borrow_any(), *b;

	origin_give(&a, IDLE_PATIENCE);
	b = borrow(0);
	ck_assert(!b->reused);
	ck_assert_uint_eq(idle_now(), 1);
	origin_drop(&b);
}
END_TEST

START_TEST(what_is_too_old_is_left_to_others)
{
	struct origin *a = borrow_any(), *b;

	origin_give(&a, IDLE_PATIENCE);
	turn_for(30 * USEC_PER_MSEC);
	b = borrow(10 * USEC_PER_MSEC);
	ck_assert(!b->reused);
	ck_assert_uint_eq(idle_now(), 1);
	a = borrow_any();
	ck_assert(a->reused);
	origin_drop(&a);
	origin_drop(&b);
}
END_TEST

START_TEST(a_server_that_refuses_is_an_error)
{
	struct origin *o = NULL;

	close(listener);
	listener = -1;
	ck_assert_int_eq(try_to_borrow(ORIGIN_OF_ANY_AGE, &o),
	    -ECONNREFUSED);
	ck_assert_ptr_null(o);
	ck_assert_int_eq(counted(COUNT_origin_connects), 0);
}
END_TEST

/* ---- what ends an idle connection ---- */

START_TEST(a_close_ends_it_at_once)
{
	struct origin *o = borrow_any();
	int peer = accept_one();

	origin_give(&o, IDLE_PATIENCE);
	close(peer);
	turn_until_idle_count(0);
}
END_TEST

START_TEST(unasked_bytes_end_it_at_once)
{
	struct origin *o = borrow_any();
	int peer = accept_one();

	origin_give(&o, IDLE_PATIENCE);
	MUST(write(peer, "x", 1) == 1);
	turn_until_idle_count(0);
	close(peer);
}
END_TEST

/* The event is there, but the loop has not been told yet. */
START_TEST(a_close_is_seen_before_it_is_told)
{
	struct origin *o = borrow_any();
	int peer = accept_one();
	struct borrowing b = {.idle_at_most = ORIGIN_FRESH};

	origin_give(&o, IDLE_PATIENCE);
	close(peer);
	start(borrow_once, &b);
	fiber_run_ready();
	turn_until_idle();
	ck_assert_int_eq(b.result, 0);
	ck_assert(!b.origin->reused);
	ck_assert_uint_eq(idle_now(), 0);
	origin_drop(&b.origin);
}
END_TEST

/* They came before it was given back, and no event will tell of them. */
START_TEST(unread_bytes_are_found_before_it_is_lent)
{
	struct origin *o = borrow_any();
	int peer = accept_one();

	MUST(write(peer, "forged", 6) == 6);
	while (!watch_is_ready(&o->conn.watch, WATCH_READ))
		loop_turn(USEC_PER_MSEC);
	origin_give(&o, IDLE_PATIENCE);
	ck_assert_uint_eq(idle_now(), 1);
	o = borrow_any();
	ck_assert(!o->reused);
	ck_assert_uint_eq(idle_now(), 0);
	origin_drop(&o);
	close(peer);
}
END_TEST

START_TEST(one_that_was_closed_while_lent_is_not_taken_back)
{
	struct origin *o = borrow_any();
	int peer = accept_one();

	close(peer);
	turn_for(20 * USEC_PER_MSEC);
	ck_assert(o->conn.watch.seen_hup);
	origin_give(&o, IDLE_PATIENCE);
	ck_assert_ptr_null(o);
	ck_assert_uint_eq(idle_now(), 0);
}
END_TEST

START_TEST(events_of_a_lent_connection_are_its_borrowers)
{
	struct origin *o = borrow_any();
	int peer = accept_one();
	char text[8];

	MUST(write(peer, "x", 1) == 1);
	turn_for(20 * USEC_PER_MSEC);
	ck_assert(conn_is_open(&o->conn));
	MUST(recv(o->conn.watch.fd, text, sizeof(text), 0) == 1);
	origin_give(&o, IDLE_PATIENCE);
	ck_assert_uint_eq(idle_now(), 1);
	close(peer);
}
END_TEST

START_TEST(patience_ends)
{
	struct origin *o = borrow_any();
	usec_t given = loop_now();

	origin_give(&o, IDLE_PATIENCE);
	turn_until_idle_count(0);
	ck_assert_int_ge(loop_now() - given, IDLE_PATIENCE);
}
END_TEST

START_TEST(too_many_stay_for_a_moment_only)
{
	struct origin *lent[MOST];
	usec_t given;

	for (int i = 0; i < MOST; i++)
		lent[i] = borrow(0);
	for (int i = 0; i < MOST; i++)
		origin_give(&lent[i], IDLE_PATIENCE);
	given = loop_now();
	ck_assert_uint_eq(idle_now(), MOST);
	loop_turn(0);
	ck_assert_uint_eq(idle_now(), MOST);
	turn_until_idle_count(IDLE_MAX);
	ck_assert_int_ge(loop_now() - given, ORIGIN_FRESH);
	ck_assert_int_lt(loop_now() - given, IDLE_PATIENCE);
}
END_TEST

/* An origin that keeps its connections for long, and one that does not. */
START_TEST(each_has_a_patience_of_its_own)
{
	struct origin *a = borrow(0), *b = borrow(0), *c = borrow(0);
	usec_t given = loop_now();

	origin_give(&a, IDLE_PATIENCE);
	origin_give(&b, 100 * USEC_PER_MSEC);
	origin_give(&c, 2 * IDLE_PATIENCE);
	turn_until_idle_count(2);
	ck_assert_int_ge(loop_now() - given, 100 * USEC_PER_MSEC);
	ck_assert_int_lt(loop_now() - given, ORIGIN_FRESH);
	turn_until_idle_count(1);
	ck_assert_int_ge(loop_now() - given, IDLE_PATIENCE);
	a = borrow_any();
	ck_assert(a->reused);
	origin_drop(&a);
}
END_TEST

/* Timers come a millisecond late, or more if much is to be done. */
START_TEST(one_whose_time_is_over_is_not_lent)
{
	struct origin *a = borrow(0), *b;

	origin_give(&a, 1);
	while (clock_mono() < loop_now() + USEC_PER_MSEC)
		;
	timer_clear(&server->idle_timer);
	b = borrow_any();
	ck_assert(!b->reused);
	ck_assert_uint_eq(idle_now(), 0);
	origin_drop(&b);
}
END_TEST

START_TEST(without_patience_none_is_kept)
{
	struct origin *o = borrow_any();

	origin_give(&o, 0);
	ck_assert_ptr_null(o);
	ck_assert_uint_eq(idle_now(), 0);
}
END_TEST

START_TEST(a_pool_may_keep_none)
{
	struct origin *o = borrow_any();

	conf_pool.idle_max = 0;
	origin_give(&o, IDLE_PATIENCE);
	conf_pool.idle_max = IDLE_MAX;
	ck_assert_ptr_null(o);
	ck_assert_uint_eq(idle_now(), 0);
}
END_TEST

/* ---- connections of one client ---- */

static struct proxy_header client_at(const char *address)
{
	struct proxy_header h = {.tells = true, .from_port = 1, .to_port = 80};

	MUST(ip_parse(str_from(address), &h.from));
	MUST(ip_parse(STR("10.0.0.1"), &h.to));
	return h;
}

static struct origin *borrow_for(const struct proxy_header *client)
{
	struct borrowing b = {.client = client,
	    .idle_at_most = ORIGIN_OF_ANY_AGE};

	start(borrow_once, &b);
	turn_until_idle();
	return b.origin;
}

static void expect_bytes(const char *wanted)
{
	char text[128];
	int peer = accept_one();
	ssize_t got = recv(peer, text, sizeof(text) - 1, 0);

	MUST(got >= 0);
	text[got] = '\0';
	ck_assert_str_eq(text, wanted);
	close(peer);
}

START_TEST(the_server_is_told_whose_requests_will_come)
{
	struct proxy_header client = client_at("192.0.2.1");
	struct origin *a, *b;

	conf_pool.proxy_protocol = 1;
	a = borrow_for(&client);
	expect_bytes("PROXY TCP4 192.0.2.1 10.0.0.1 1 80\r\n");
	b = borrow_for(NULL);
	expect_bytes("PROXY UNKNOWN\r\n");
	conf_pool.proxy_protocol = 0;
	origin_drop(&a);
	origin_drop(&b);
}
END_TEST

START_TEST(what_is_one_client_s_is_never_another_s)
{
	struct proxy_header one = client_at("192.0.2.1");
	struct proxy_header other = client_at("192.0.2.2");
	struct origin *a, *b, *own, *first;

	conf_pool.proxy_protocol = 2;
	a = first = borrow_for(&one);
	origin_give(&a, IDLE_PATIENCE);
	b = borrow_for(&other);
	own = borrow_for(NULL);
	ck_assert(!b->reused && !own->reused);
	origin_give(&own, IDLE_PATIENCE);
	one.from_port = 2;
	a = borrow_for(&one);
	ck_assert(!a->reused);
	origin_drop(&a);
	one.from_port = 1;
	a = borrow_for(&one);
	ck_assert_ptr_eq(a, first);
	own = borrow_for(NULL);
	ck_assert(own->reused);
	conf_pool.proxy_protocol = 0;
	origin_drop(&a);
	origin_drop(&b);
	origin_drop(&own);
}
END_TEST

static void add_tests(Suite *suite)
{
	TCase *tcase = tcase_create("origin");

	tcase_add_checked_fixture(tcase, open_all, close_all);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, a_connection_is_used_again);
	tcase_add_test(tcase, the_newest_is_lent_first);
	tcase_add_test(tcase, zero_age_asks_for_a_new_one);
	tcase_add_test(tcase, what_is_too_old_is_left_to_others);
	tcase_add_test(tcase, a_server_that_refuses_is_an_error);
	tcase_add_test(tcase, a_close_ends_it_at_once);
	tcase_add_test(tcase, unasked_bytes_end_it_at_once);
	tcase_add_test(tcase, a_close_is_seen_before_it_is_told);
	tcase_add_test(tcase, unread_bytes_are_found_before_it_is_lent);
	tcase_add_test(tcase, one_that_was_closed_while_lent_is_not_taken_back);
	tcase_add_test(tcase, events_of_a_lent_connection_are_its_borrowers);
	tcase_add_test(tcase, patience_ends);
	tcase_add_test(tcase, too_many_stay_for_a_moment_only);
	tcase_add_test(tcase, each_has_a_patience_of_its_own);
	tcase_add_test(tcase, one_whose_time_is_over_is_not_lent);
	tcase_add_test(tcase, without_patience_none_is_kept);
	tcase_add_test(tcase, a_pool_may_keep_none);
	tcase_add_test(tcase, the_server_is_told_whose_requests_will_come);
	tcase_add_test(tcase, what_is_one_client_s_is_never_another_s);
}

int main(void)
{
	Suite *suite = suite_create("origin");

	add_tests(suite);
	return run_all(suite);
}
