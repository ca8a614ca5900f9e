/*
 * test_client.c - clients that wait for a fiber, or for room.
 */
#include "worker/proxy/client.h"

#include "tests/unit/test_conn.h"

#define CLIENTS 5

static struct conf_listener listener = {.address.text = "test"};
static int peers[CLIENTS];
static unsigned served;

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

static void open_all(void)
{
	make_loop();
	served = 0;
	clients_init(serve, CLIENTS);
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

static void close_all(void)
{
	turn_until_idle();
	clients_close_idle();
	ck_assert_uint_eq(clients_open(), 0);
	for (int i = 0; i < CLIENTS; i++)
		close(peers[i]);
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
	return run_all(suite);
}
