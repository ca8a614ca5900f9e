/*
 * test_client.c - clients that wait for a fiber, or for room.
 */
#include "worker/proxy/client.h"

#include "tests/unit/test_conn.h"
#include "worker/conn/block.h"

#define BUDGET ((size_t)16 * 1024 * 1024)
#define CLIENTS 5
#define FIBERS 3
#define SHORT (50 * USEC_PER_MSEC)

static const struct conf_scope scope = {.timeouts.idle = 60 * USEC_PER_SEC};
static const struct conf_scope tighter = {.timeouts.idle = SHORT};
static struct conf_route route = {.scope = &tighter};
static struct conf_vhost vhost = {
    .scope = &scope, .routes = &route, .route_count = 1};
static struct conf_vhost *vhosts[] = {&vhost};
static struct conf conf = {.scope = &scope, .vhosts = vhosts, .vhost_count = 1};
static struct conf_listener listener = {
    .address.text = "test", .scope = &scope};
static int peers[CLIENTS];
static unsigned served;
static struct cond gate;

/* Serves as the way of a request does: it reads, then closes. */
static void serve(void *arg)
{
	struct client *c = arg;
	char text[8];

	c->fiber = fiber_self();
	MUST(conn_read(&c->conn, text, sizeof(text), DEADLINE_NEVER) == 1);
	served++;
	client_close(c);
}

/* Answers at the gate only. */
static void serve_late(void *arg)
{
	struct client *c = arg;

	c->fiber = fiber_self();
	served++;
	MUST(cond_wait(&gate, DEADLINE_NEVER) == 0);
	client_close(c);
}

/* Answers, and waits for the next request: not for long. */
static void serve_and_park(void *arg)
{
	struct client *c = arg;
	char text[8];

	c->fiber = fiber_self();
	MUST(conn_try_read(&c->conn, text, sizeof(text)) == 1);
	MUST(conn_try_read(&c->conn, text, sizeof(text)) == -EAGAIN);
	served++;
	client_park(c, SHORT);
}

static void open_with(void (*fn)(void *client), unsigned fibers)
{
	make_loop();
	block_init(BUDGET);
	cond_init(&gate);
	served = 0;
	conf.fibers = fibers;
	MUST(clients_init(fn, CLIENTS, &conf) == 0);
	for (int i = 0; i < CLIENTS; i++) {
		struct sockaddr_storage addr = {.ss_family = AF_INET};
		int fds[2];

		tcp_pair(fds);
		peers[i] = fds[1];
		client_accept(&listener, fds[0], &addr);
	}
	loop_turn(0);
	ck_assert_uint_eq(clients_open(), CLIENTS);
	ck_assert_uint_eq(fiber_count(), 0);
}

static void open_all(void)
{
	open_with(serve, FIBER_MAX);
}

static void close_all(void)
{
	turn_until_idle();
	clients_close_idle();
	ck_assert_uint_eq(clients_open(), 0);
	for (int i = 0; i < CLIENTS; i++)
		close(peers[i]);
	block_free_all();
	loop_free();
}

static void do_nothing(void *arg)
{
	(void)arg;
}

static void take_all_fibers(void)
{
	while (fiber_start("filler", do_nothing, NULL))
		;
}

static void speak(void)
{
	for (int i = 0; i < CLIENTS; i++)
		MUST(write(peers[i], "x", 1) == 1);
}

static void turn_until_served(void)
{
	usec_t limit = clock_mono() + PATIENCE;

	while (clients_open() > 0 && clock_mono() < limit)
		loop_turn(10 * USEC_PER_MSEC);
	ck_assert_uint_eq(served, CLIENTS);
}

START_TEST(parked_clients_own_no_fiber)
{
	ck_assert_uint_eq(fiber_count(), 0);
	speak();
	turn_until_served();
}
END_TEST

/* All fibers are taken in the turn in which all clients speak; the fibers
 * that end make room for each of them, not only for the first. */
START_TEST(all_that_waited_for_a_fiber_get_one)
{
	take_all_fibers();
	speak();
	turn_until_served();
}
END_TEST

START_TEST(who_waits_for_a_fiber_may_be_closed)
{
	take_all_fibers();
	speak();
	fiber_on_room(NULL);
	loop_turn(0);
	ck_assert_uint_eq(served, 0);
	clients_close_idle();
	ck_assert_uint_eq(clients_open(), 0);
}
END_TEST

static bool has_room;

static void await_room(void *arg)
{
	(void)arg;
	if (clients_wait_room() == 0)
		has_room = true;
}

START_TEST(who_waits_for_room_is_told)
{
	has_room = false;
	ck_assert(!clients_have_room());
	start(await_room, NULL);
	loop_turn(0);
	ck_assert(!has_room);
	MUST(write(peers[0], "x", 1) == 1);
	turn_until(&has_room);
	ck_assert(clients_have_room());
}
END_TEST

/* ---- what the settings allow ---- */

static void turn_until_open(unsigned wanted)
{
	usec_t limit = clock_mono() + PATIENCE;

	while (clients_open() > wanted && clock_mono() < limit)
		loop_turn(10 * USEC_PER_MSEC);
	ck_assert_uint_eq(clients_open(), wanted);
}

START_TEST(no_more_are_served_at_a_time_than_fibers)
{
	open_with(serve_late, FIBERS);
	speak();
	loop_turn(10 * USEC_PER_MSEC);
	loop_turn(0);
	ck_assert_uint_eq(served, FIBERS);
	ck_assert(!clients_have_room());
	for (unsigned left = CLIENTS; left > 0; left--) {
		cond_signal(&gate);
		turn_until_open(left - 1);
	}
	ck_assert_uint_eq(served, CLIENTS);
	ck_assert(clients_have_room());
	close_all();
}
END_TEST

static void *blocks[BUDGET / BLOCK_BODY_SIZE];

static void spend_memory(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < BUDGET / BLOCK_BODY_SIZE; i++)
		MUST(block_take_body(&blocks[i]) == 0);
}

START_TEST(nothing_is_begun_while_memory_is_spent)
{
	open_with(serve, FIBER_MAX);
	start(spend_memory, NULL);
	turn_until_idle();
	speak();
	loop_turn(10 * USEC_PER_MSEC);
	ck_assert_uint_eq(served, 0);
	ck_assert(!clients_have_room());
	for (size_t i = 0; i < BUDGET / BLOCK_BODY_SIZE; i++)
		block_give_body(blocks[i]);
	turn_until_served();
	close_all();
}
END_TEST

START_TEST(who_is_served_is_parked_for_as_long_as_it_was_told)
{
	usec_t parked;

	open_with(serve_and_park, FIBER_MAX);
	MUST(write(peers[0], "x", 1) == 1);
	MUST(write(peers[3], "x", 1) == 1);
	while (served < 2)
		loop_turn(USEC_PER_MSEC);
	parked = loop_now();
	ck_assert_uint_eq(clients_open(), CLIENTS);
	turn_until_open(CLIENTS - 2);
	ck_assert_int_ge(loop_now() - parked, SHORT);
	loop_turn(2 * SHORT);
	ck_assert_uint_eq(clients_open(), CLIENTS - 2);
	close_all();
}
END_TEST

static void add_settings(Suite *suite)
{
	TCase *tcase = tcase_create("settings");

	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, no_more_are_served_at_a_time_than_fibers);
	tcase_add_test(tcase, nothing_is_begun_while_memory_is_spent);
	tcase_add_test(tcase,
	    who_is_served_is_parked_for_as_long_as_it_was_told);
}

int main(void)
{
	Suite *suite = suite_create("client");
	TCase *tcase = tcase_create("client");

	tcase_add_checked_fixture(tcase, open_all, close_all);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, parked_clients_own_no_fiber);
	tcase_add_test(tcase, all_that_waited_for_a_fiber_get_one);
	tcase_add_test(tcase, who_waits_for_a_fiber_may_be_closed);
	tcase_add_test(tcase, who_waits_for_room_is_told);
	add_settings(suite);
	return run_all(suite);
}
