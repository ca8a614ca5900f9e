/*
 * test_loop_peers.c - fibers that talk through sockets: ping-pong, both
 * directions at once, a peer that is always fast, many that leave together,
 * a socket that several processes accept from.
 */
#include "worker/fiber/loop.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/test_fiber.h"

struct end {
	struct watch watch;
	unsigned long moved;
};

static struct end left, right;

static void make_ends(void)
{
	int fds[2];

	make_loop();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    fds), 0);
	ck_assert_int_eq(watch_add(&left.watch, fds[0], NULL), 0);
	ck_assert_int_eq(watch_add(&right.watch, fds[1], NULL), 0);
}

static void free_end(struct end *e)
{
	int fd = e->watch.fd;

	watch_remove(&e->watch);
	close(fd);
}

static void free_ends(void)
{
	turn_until_idle();
	free_end(&left);
	free_end(&right);
	loop_free();
}

/* What the house's I/O wrappers do: charge, try, park when dry. */
static void get_all(struct end *e, char *p, size_t n)
{
	while (n > 0) {
		ssize_t got;

		MUST(fiber_charge(0) == 0);
		got = read(e->watch.fd, p, n);
		if (got < 0) {
			MUST(errno == EAGAIN);
			watch_dry(&e->watch, WATCH_READ);
			MUST(watch_wait(&e->watch, WATCH_READ,
				 loop_now() + PATIENCE) == 0);
			continue;
		}
		MUST(got > 0);
		p += got;
		n -= (size_t)got;
		e->moved += (size_t)got;
	}
}

static void put_all(struct end *e, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put;

		MUST(fiber_charge(0) == 0);
		put = write(e->watch.fd, p, n);
		if (put < 0) {
			MUST(errno == EAGAIN);
			watch_dry(&e->watch, WATCH_WRITE);
			MUST(watch_wait(&e->watch, WATCH_WRITE,
				 loop_now() + PATIENCE) == 0);
			continue;
		}
		p += put;
		n -= (size_t)put;
	}
}

/* ---- ping-pong ---- */

#define PINGS 2000

static void play(void *arg)
{
	struct end *e = arg;
	unsigned ball = 0;

	for (unsigned i = 0; i < PINGS; i++) {
		if (e == &left)
			put_all(e, (char *)&i, sizeof(i));
		get_all(e, (char *)&ball, sizeof(ball));
		MUST(ball == i);
		if (e == &right)
			put_all(e, (char *)&ball, sizeof(ball));
	}
}

START_TEST(two_fibers_play_ping_pong)
{
	start(play, &left);
	start(play, &right);
	turn_until_idle();
	ck_assert_uint_eq(left.moved, PINGS * sizeof(unsigned));
}
END_TEST

/* ---- both directions ---- */

#define STREAM (4u << 20)

static void pour(void *arg)
{
	char block[1500];

	for (unsigned long at = 0; at < STREAM; at += sizeof(block)) {
		memset(block, (int)(at / sizeof(block)), sizeof(block));
		put_all(arg, block, sizeof(block));
	}
}

static void drink(void *arg)
{
	char block[1500], expected[1500];

	for (unsigned long at = 0; at < STREAM; at += sizeof(block)) {
		memset(expected, (int)(at / sizeof(block)), sizeof(expected));
		get_all(arg, block, sizeof(block));
		MUST(memcmp(block, expected, sizeof(block)) == 0);
	}
}

START_TEST(reader_and_writer_share_a_watch)
{
	start(pour, &left);
	start(drink, &left);
	start(pour, &right);
	start(drink, &right);
	turn_until_idle();
	ck_assert_uint_ge(left.moved, STREAM);
	ck_assert_uint_ge(right.moved, STREAM);
}
END_TEST

/* ---- a peer that is always fast ---- */

static unsigned greedy_calls, worst_stretch, stretch, other_rounds;
static bool greedy_is_done;

/* Never sees EAGAIN: it is its own peer. */
static void talk_to_itself(void *arg)
{
	char byte = 'x';

	(void)arg;
	for (greedy_calls = 0; greedy_calls < 4000; greedy_calls += 2) {
		put_all(&left, &byte, 1);
		get_all(&right, &byte, 1);
		stretch += 2;
		if (stretch > worst_stretch)
			worst_stretch = stretch;
	}
	greedy_is_done = true;
}

static void do_other_work(void *arg)
{
	(void)arg;
	while (!greedy_is_done) {
		stretch = 0;
		other_rounds++;
		fiber_yield();
	}
}

START_TEST(a_fast_peer_does_not_hold_the_loop)
{
	start(talk_to_itself, NULL);
	start(do_other_work, NULL);
	turn_until_idle();
	ck_assert_uint_ge(other_rounds, 4000 / 16);
	ck_assert_uint_le(worst_stretch, 16);
}
END_TEST

/* ---- many leave together ---- */

#define GUESTS 400

struct guest {
	struct watch watch;
	int peer;
	struct guest *friend;
};

static unsigned guests_gone;

static void remove_guest(struct guest *g)
{
	int fd = g->watch.fd;

	g->friend->friend = NULL;
	watch_remove(&g->watch);
	close(fd);
	free(g);
	guests_gone++;
}

/* Takes its friend along, whose event may be in the same batch. */
static void leave_together(struct watch *w, unsigned events)
{
	struct guest *g = container_of(w, struct guest, watch);
	struct guest *friend = g->friend;

	ck_assert_uint_ne(events & WATCH_HANGUP, 0);
	g->friend = g;
	if (friend != NULL) {
		friend->friend = friend;
		remove_guest(friend);
	}
	remove_guest(g);
}

static struct guest *invite(void)
{
	struct guest *g = calloc(1, sizeof(*g));
	int fds[2];

	ck_assert_ptr_nonnull(g);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(watch_add(&g->watch, fds[0], NULL), 0);
	g->peer = fds[1];
	return g;
}

START_TEST(an_event_may_remove_watches_whose_events_are_yet_to_come)
{
	static struct guest *guests[GUESTS];

	for (unsigned i = 0; i < GUESTS; i++)
		guests[i] = invite();
	loop_turn(0);
	loop_turn(0);
	for (unsigned i = 0; i < GUESTS; i++) {
		guests[i]->watch.on_event = leave_together;
		guests[i]->friend = guests[GUESTS - 1 - i];
	}
	for (unsigned i = 0; i < GUESTS; i++)
		close(guests[i]->peer);
	for (unsigned i = 0; i < 10; i++)
		loop_turn(0);
	ck_assert_uint_eq(guests_gone, GUESTS);
}
END_TEST

/* ---- a shared socket ---- */

static struct watch shared;
static unsigned accepted;

/* One at a time, to leave some in the queue at each edge. */
static void accept_three(void *arg)
{
	(void)arg;
	while (accepted < 3) {
		int fd;

		watch_dry(&shared, WATCH_READ);
		ck_assert_int_eq(watch_wait(&shared, WATCH_READ,
		    loop_now() + PATIENCE), 0);
		fd = accept(shared.fd, NULL, NULL);
		ck_assert_int_ge(fd, 0);
		close(fd);
		accepted++;
	}
}

START_TEST(a_shared_watch_is_level_triggered)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(sa_family_t);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int clients[3];

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	size = sizeof(address);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address,
	    &size), 0);
	for (unsigned i = 0; i < 3; i++) {
		clients[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		ck_assert_int_eq(connect(clients[i],
		    (struct sockaddr *)&address, size), 0);
	}
	ck_assert_int_eq(watch_add_shared(&shared, listener), 0);
	start(accept_three, NULL);
	turn_until_idle();
	ck_assert_uint_eq(accepted, 3);
	for (unsigned i = 0; i < 3; i++)
		close(clients[i]);
	watch_remove(&shared);
	close(listener);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop_peers");
	TCase *ends = tcase_create("ends");
	TCase *others = looping_case(suite, "others");

	tcase_add_checked_fixture(ends, make_ends, free_ends);
	tcase_set_timeout(ends, 120);
	suite_add_tcase(suite, ends);
	tcase_add_test(ends, two_fibers_play_ping_pong);
	tcase_add_test(ends, reader_and_writer_share_a_watch);
	tcase_add_test(ends, a_fast_peer_does_not_hold_the_loop);
	tcase_add_test(others,
	    an_event_may_remove_watches_whose_events_are_yet_to_come);
	tcase_add_test(others, a_shared_watch_is_level_triggered);
	return run_all(suite);
}
