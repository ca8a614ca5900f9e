/*
 * test_loop_watch.c - watches: readiness, waiting, hang-ups, and several
 * things in one turn.
 */
#include "worker/fiber/loop.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/test_fiber.h"

static int pair[2];		  /* pair[1] is the peer */
static struct watch here;	  /* on pair[0] */
static unsigned told, told_times; /* what on_event got */
static struct fiber *waiter;
static int result;
static unsigned runs;

static void note_event(struct watch *w, unsigned events)
{
	ck_assert_ptr_eq(w, &here);
	told |= events;
	told_times++;
}

static void make_pair(void)
{
	make_loop();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    pair), 0);
	ck_assert_int_eq(watch_add(&here, pair[0], note_event), 0);
	loop_turn(0); /* the edge of the registration */
	told = told_times = 0;
}

static void free_pair(void)
{
	turn_until_idle();
	if (here.fd >= 0)
		watch_remove(&here);
	close(pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
	loop_free();
}

static void send_byte(void)
{
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
}

static void hang_up(void)
{
	close(pair[1]);
	pair[1] = -1;
}

static void wait_to_read(void *deadline)
{
	waiter = fiber_self();
	result = watch_wait(&here, WATCH_READ,
	    deadline != NULL ? *(usec_t *)deadline : DEADLINE_NEVER);
	runs++;
}

/* ---- readiness ---- */

START_TEST(a_new_watch_may_be_tried_at_once)
{
	ck_assert(watch_is_ready(&here, WATCH_READ));
	ck_assert(watch_is_ready(&here, WATCH_WRITE));
	start(wait_to_read, NULL);
	loop_turn(0);
	ck_assert_uint_eq(runs, 1);
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(a_dry_watch_parks_until_the_next_edge)
{
	watch_dry(&here, WATCH_READ);
	start(wait_to_read, NULL);
	loop_turn(0);
	loop_turn(0);
	ck_assert_uint_eq(runs, 0);
	send_byte();
	loop_turn(0);
	ck_assert_uint_eq(runs, 1);
	ck_assert_int_eq(result, 0);
	ck_assert(watch_is_ready(&here, WATCH_READ));
	ck_assert_ptr_null(here.reader);
	ck_assert_uint_eq(told_times, 0);
}
END_TEST

START_TEST(an_edge_is_remembered_though_nobody_waits)
{
	watch_dry(&here, WATCH_READ);
	send_byte();
	loop_turn(0);
	ck_assert_uint_eq(told, WATCH_READ);
	start(wait_to_read, NULL);
	loop_turn(0);
	ck_assert_uint_eq(runs, 1);
}
END_TEST

START_TEST(room_to_write_alone_is_nothing_to_tell)
{
	static char block[65536];
	ssize_t n;

	while (write(pair[0], block, sizeof(block)) > 0)
		;
	watch_dry(&here, WATCH_WRITE | WATCH_READ);
	loop_turn(0);
	do
		n = read(pair[1], block, sizeof(block));
	while (n > 0);
	loop_turn(0);
	ck_assert(watch_is_ready(&here, WATCH_WRITE));
	ck_assert(!watch_is_ready(&here, WATCH_READ));
	ck_assert_uint_eq(told_times, 0);
}
END_TEST

START_TEST(a_level_watch_tells_each_turn_until_nothing_is_there)
{
	char byte;

	watch_remove(&here);
	ck_assert_int_eq(watch_add_level(&here, pair[0], WATCH_READ,
	    note_event), 0);
	loop_turn(0);
	ck_assert_uint_eq(told_times, 0);
	send_byte();
	loop_turn(0);
	loop_turn(0);
	ck_assert_uint_eq(told_times, 2);
	ck_assert_uint_eq(told, WATCH_READ);
	ck_assert_int_eq(read(pair[0], &byte, 1), 1);
	loop_turn(0);
	ck_assert_uint_eq(told_times, 2);
}
END_TEST

START_TEST(a_level_watch_tells_only_what_matters_now)
{
	watch_remove(&here);
	ck_assert_int_eq(watch_add_level(&here, pair[0], WATCH_WRITE,
	    note_event), 0);
	send_byte();
	loop_turn(0);
	ck_assert_uint_eq(told, WATCH_WRITE);
	ck_assert_int_eq(watch_set_level(&here, WATCH_READ | WATCH_WRITE), 0);
	loop_turn(0);
	ck_assert_uint_eq(told, WATCH_READ | WATCH_WRITE);
}
END_TEST

START_TEST(what_epoll_refuses_is_an_error)
{
	struct watch again, closed;

	ck_assert_int_eq(watch_add(&again, pair[0], NULL), -EEXIST);
	ck_assert_int_eq(watch_add(&closed, 1000000, NULL), -EBADF);
	ck_assert_int_eq(closed.fd, -1);
}
END_TEST

/* ---- hang-ups ---- */

START_TEST(a_hang_up_is_told_though_a_fiber_waits_and_wakes_it)
{
	watch_dry(&here, WATCH_READ);
	start(wait_to_read, NULL);
	loop_turn(0);
	hang_up();
	loop_turn(0);
	ck_assert_uint_eq(told, WATCH_HANGUP);
	ck_assert_int_eq(result, 0);
	ck_assert_uint_eq(runs, 1);
}
END_TEST

START_TEST(after_a_hang_up_reads_are_never_dry)
{
	hang_up();
	loop_turn(0);
	ck_assert_uint_eq(told, WATCH_HANGUP | WATCH_READ);
	ck_assert_uint_ne(here.seen_hup, 0);
	watch_dry(&here, WATCH_READ);
	ck_assert(watch_is_ready(&here, WATCH_READ));
	watch_dry(&here, WATCH_WRITE);
	ck_assert(!watch_is_ready(&here, WATCH_WRITE));
}
END_TEST

static void cancel_waiter(struct watch *w, unsigned events)
{
	note_event(w, events);
	if (events & WATCH_HANGUP)
		fiber_cancel(waiter);
}

static void wait_elsewhere(void *arg)
{
	waiter = fiber_self();
	result = watch_wait(arg, WATCH_READ, DEADLINE_NEVER);
	runs++;
}

START_TEST(a_hang_up_reaches_a_fiber_that_waits_on_another_descriptor)
{
	struct watch origin;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(watch_add(&origin, fds[0], NULL), 0);
	here.on_event = cancel_waiter;
	watch_dry(&origin, WATCH_READ);
	start(wait_elsewhere, &origin);
	loop_turn(0);
	hang_up();
	loop_turn(0);
	ck_assert_uint_eq(runs, 1);
	ck_assert_int_eq(result, -ECANCELED);
	watch_remove(&origin);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static void wait_to_write(void *arg)
{
	(void)arg;
	result = watch_wait(&here, WATCH_WRITE, DEADLINE_NEVER);
	runs++;
}

START_TEST(a_hang_up_wakes_a_writer)
{
	static char block[65536];

	while (write(pair[0], block, sizeof(block)) > 0)
		;
	watch_dry(&here, WATCH_WRITE);
	start(wait_to_write, NULL);
	loop_turn(0);
	ck_assert_uint_eq(runs, 0);
	hang_up();
	loop_turn(0);
	ck_assert_uint_eq(runs, 1);
	ck_assert_int_eq(result, 0);
}
END_TEST

/* ---- several things in one turn ---- */

static usec_t soon;

static void spend_time(usec_t duration)
{
	usec_t end = clock_mono() + duration;

	while (clock_mono() < end)
		;
}

static void park_until_soon(void)
{
	watch_dry(&here, WATCH_READ);
	soon = loop_now() + 2 * USEC_PER_MSEC;
	start(wait_to_read, &soon);
	loop_turn(0);
	ck_assert_uint_eq(runs, 0);
	spend_time(5 * USEC_PER_MSEC);
}

static void cancel_the_waiter(void *arg)
{
	(void)arg;
	fiber_cancel(waiter);
}

START_TEST(an_event_beats_a_deadline_that_has_come)
{
	park_until_soon();
	send_byte();
	loop_turn(0);
	ck_assert_int_eq(result, 0);
	loop_turn(0);
	ck_assert_uint_eq(runs, 1);
}
END_TEST

START_TEST(event_deadline_and_cancellation_give_one_result)
{
	park_until_soon();
	send_byte();
	start(cancel_the_waiter, NULL);
	turn_until_idle();
	ck_assert_int_eq(result, -ECANCELED);
	ck_assert_uint_eq(runs, 1);
	ck_assert_ptr_null(here.reader);
}
END_TEST

START_TEST(hang_up_cancel_and_deadline_give_one_result)
{
	here.on_event = cancel_waiter;
	park_until_soon();
	hang_up();
	loop_turn(0);
	ck_assert_int_eq(result, -ECANCELED);
	ck_assert_uint_eq(runs, 1);
}
END_TEST

START_TEST(a_deadline_alone_leaves_nothing_behind)
{
	park_until_soon();
	loop_turn(0);
	ck_assert_int_eq(result, -ETIMEDOUT);
	ck_assert_ptr_null(here.reader);
	send_byte();
	loop_turn(0);
	ck_assert_uint_eq(told, WATCH_READ);
	ck_assert_uint_eq(runs, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop_watch");
	TCase *tcase = tcase_create("watch");

	tcase_add_checked_fixture(tcase, make_pair, free_pair);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, a_new_watch_may_be_tried_at_once);
	tcase_add_test(tcase, a_dry_watch_parks_until_the_next_edge);
	tcase_add_test(tcase, an_edge_is_remembered_though_nobody_waits);
	tcase_add_test(tcase, room_to_write_alone_is_nothing_to_tell);
	tcase_add_test(tcase,
	    a_level_watch_tells_each_turn_until_nothing_is_there);
	tcase_add_test(tcase, a_level_watch_tells_only_what_matters_now);
	tcase_add_test(tcase, what_epoll_refuses_is_an_error);
	tcase_add_test(tcase,
	    a_hang_up_is_told_though_a_fiber_waits_and_wakes_it);
	tcase_add_test(tcase, after_a_hang_up_reads_are_never_dry);
	tcase_add_test(tcase,
	    a_hang_up_reaches_a_fiber_that_waits_on_another_descriptor);
	tcase_add_test(tcase, a_hang_up_wakes_a_writer);
	tcase_add_test(tcase, an_event_beats_a_deadline_that_has_come);
	tcase_add_test(tcase,
	    event_deadline_and_cancellation_give_one_result);
	tcase_add_test(tcase, hang_up_cancel_and_deadline_give_one_result);
	tcase_add_test(tcase, a_deadline_alone_leaves_nothing_behind);
	return run_all(suite);
}
