/*
 * test_conn.c - a connection as bytes: window, reads and writes, ends.
 */
#include "worker/conn/conn.h"

#include "tests/unit/test_conn.h"

static struct link l;
static char window[16];

static void open_all(void)
{
	make_loop();
	link_open(&l);
}

static void close_all(void)
{
	turn_until_idle();
	link_close(&l);
	loop_free();
}

static void expect_held(const char *text)
{
	struct str held = conn_held(&l.conn);

	ck_assert_int_eq((int)held.n, (int)strlen(text));
	ck_assert_int_eq(memcmp(held.p, text, held.n), 0);
}

/* ---- the window ---- */

START_TEST(fill_says_what_is_there)
{
	conn_lend(&l.conn, window, sizeof(window));
	ck_assert_int_eq(conn_fill(&l.conn), -EAGAIN);
	ck_assert_int_eq(conn_fill(&l.conn), -EAGAIN);
	link_send(&l, "abc");
	turn_until_ready(&l);
	ck_assert_int_eq(conn_fill(&l.conn), 3);
	ck_assert_int_eq(conn_fill(&l.conn), -EAGAIN);
	expect_held("abc");
	link_hang_up(&l);
	turn_until_ready(&l);
	ck_assert_int_eq(conn_fill(&l.conn), 0);
	expect_held("abc");
}
END_TEST

START_TEST(full_window_is_no_end)
{
	conn_lend(&l.conn, window, 4);
	link_send(&l, "abcdef");
	turn_until_ready(&l);
	ck_assert_int_eq(conn_fill(&l.conn), 4);
	ck_assert_int_eq(conn_fill(&l.conn), -ENOBUFS);
	conn_consume(&l.conn, 3);
	expect_held("d");
	ck_assert_int_eq(conn_fill(&l.conn), -ENOBUFS);
	conn_consume(&l.conn, 1);
	ck_assert_int_eq(conn_fill(&l.conn), 2);
	expect_held("ef");
}
END_TEST

START_TEST(lending_moves_what_is_held)
{
	char larger[64];

	conn_lend(&l.conn, window, 4);
	conn_put(&l.conn, "wxyz", 4);
	conn_consume(&l.conn, 1);
	conn_lend(&l.conn, larger, sizeof(larger));
	memset(window, '-', sizeof(window));
	expect_held("xyz");
	conn_put(&l.conn, "123", 3);
	expect_held("xyz123");
	conn_consume(&l.conn, 2);
	conn_lend(&l.conn, larger, sizeof(larger)); /* to the front */
	expect_held("z123");
	ck_assert_ptr_eq(conn_held(&l.conn).p, larger);
	conn_consume(&l.conn, 4);
	conn_take_back(&l.conn);
	ck_assert_uint_eq(l.conn.cap, 0);
}
END_TEST

START_TEST(an_empty_window_begins_at_its_front)
{
	conn_lend(&l.conn, window, 4);
	conn_put(&l.conn, "abcd", 4);
	conn_consume(&l.conn, 4);
	conn_put(&l.conn, "efgh", 4);
	expect_held("efgh");
	conn_consume(&l.conn, 4);
}
END_TEST

/* ---- reading ---- */

struct reading {
	usec_t deadline;
	struct fiber *fiber;
	char text[64];
	ssize_t got;
	bool done;
};

static void read_once(void *arg)
{
	struct reading *r = arg;

	r->fiber = fiber_self();
	r->got = conn_read(&l.conn, r->text, sizeof(r->text), r->deadline);
	r->done = true;
}

static void begin_reading(struct reading *r, usec_t deadline)
{
	*r = (struct reading){.deadline = deadline};
	start(read_once, r);
	loop_turn(0);
}

START_TEST(read_waits_for_the_first_byte)
{
	struct reading r;

	begin_reading(&r, DEADLINE_NEVER);
	ck_assert(!r.done);
	link_send(&l, "hello");
	turn_until(&r.done);
	ck_assert_int_eq(r.got, 5);
	ck_assert_int_eq(memcmp(r.text, "hello", 5), 0);
}
END_TEST

START_TEST(read_ends_at_its_deadline)
{
	struct reading r;

	begin_reading(&r, loop_now() + 5 * USEC_PER_MSEC);
	turn_until(&r.done);
	ck_assert_int_eq(r.got, -ETIMEDOUT);
}
END_TEST

START_TEST(read_is_cancelled)
{
	struct reading r;

	begin_reading(&r, DEADLINE_NEVER);
	fiber_cancel(r.fiber);
	turn_until(&r.done);
	ck_assert_int_eq(r.got, -ECANCELED);
}
END_TEST

START_TEST(read_tells_end_from_reset)
{
	struct linger now = {.l_onoff = 1};
	struct reading r;

	ck_assert_int_eq(shutdown(l.peer, SHUT_WR), 0);
	begin_reading(&r, DEADLINE_NEVER);
	turn_until(&r.done);
	ck_assert_int_eq(r.got, 0);
	begin_reading(&r, DEADLINE_NEVER);
	turn_until(&r.done);
	ck_assert_int_eq(r.got, 0);
	link_close(&l);
	link_open(&l);
	setsockopt(l.peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	link_hang_up(&l);
	begin_reading(&r, DEADLINE_NEVER);
	turn_until(&r.done);
	ck_assert_int_eq(r.got, -ECONNRESET);
}
END_TEST

START_TEST(bytes_before_an_end_are_read_first)
{
	struct reading r;

	link_send(&l, "last words");
	link_hang_up(&l);
	turn_until_ready(&l);
	begin_reading(&r, DEADLINE_NEVER);
	turn_until(&r.done);
	ck_assert_int_eq(r.got, 10);
	begin_reading(&r, DEADLINE_NEVER);
	turn_until(&r.done);
	ck_assert_int_eq(r.got, 0);
}
END_TEST

/* ---- stale, unread ---- */

START_TEST(a_quiet_connection_is_not_stale)
{
	ck_assert(!conn_is_stale(&l.conn));
	ck_assert(!conn_has_unread(&l.conn));
}
END_TEST

START_TEST(bytes_make_it_stale_and_stay)
{
	char byte;

	link_send(&l, "x");
	turn_until_ready(&l);
	ck_assert(conn_is_stale(&l.conn));
	ck_assert(conn_has_unread(&l.conn));
	ck_assert_int_eq(recv(l.conn.watch.fd, &byte, 1, 0), 1);
}
END_TEST

START_TEST(held_bytes_make_it_stale)
{
	conn_lend(&l.conn, window, sizeof(window));
	conn_put(&l.conn, "x", 1);
	ck_assert(conn_is_stale(&l.conn));
	ck_assert(!conn_has_unread(&l.conn));
	conn_consume(&l.conn, 1);
	ck_assert(!conn_is_stale(&l.conn));
}
END_TEST

/* Before and after the loop was told. */
START_TEST(an_end_makes_it_stale_but_is_nothing_to_read)
{
	link_hang_up(&l);
	ck_assert(conn_is_stale(&l.conn));
	turn_until_ready(&l);
	ck_assert(conn_is_stale(&l.conn));
	ck_assert(!conn_has_unread(&l.conn));
}
END_TEST

/* ---- ends ---- */

static bool closed;
static usec_t patience;

static void close_gently(void *arg)
{
	struct pace pace = pace_of_silence(patience);

	(void)arg;
	conn_close_gently(&l.conn, &pace);
	closed = true;
}

START_TEST(gentle_close_takes_what_still_comes)
{
	char text[8];

	closed = false;
	start(close_gently, NULL);
	loop_turn(0);
	ck_assert_int_eq(read(l.peer, text, sizeof(text)), 0);
	for (int i = 0; i < 100; i++) {
		link_send(&l, "still talking");
		loop_turn(0);
	}
	ck_assert(!closed);
	ck_assert_int_eq(shutdown(l.peer, SHUT_WR), 0);
	turn_until(&closed);
	ck_assert(!conn_is_open(&l.conn));
	ck_assert_int_eq(read(l.peer, text, sizeof(text)), 0); /* no reset */
}
END_TEST

START_TEST(gentle_close_waits_a_second_at_most)
{
	usec_t before = loop_now();

	closed = false;
	start(close_gently, NULL);
	turn_until(&closed);
	ck_assert_int_ge(loop_now() - before, USEC_PER_SEC);
	ck_assert_int_lt(loop_now() - before, 10 * USEC_PER_SEC);
}
END_TEST

static struct fiber *closer;

static void close_though_cancelled(void *arg)
{
	closer = fiber_self();
	fiber_cancel(closer);
	close_gently(arg);
}

START_TEST(gentle_close_is_shielded)
{
	closed = false;
	start(close_though_cancelled, NULL);
	loop_turn(0);
	ck_assert(!closed);
	link_hang_up(&l);
	turn_until(&closed);
}
END_TEST

/* As much as goes in while the peer does not read. */
static size_t fill_up(void)
{
	char piece[4096];
	size_t at = 0;
	ssize_t n;

	do {
		stream_fill(piece, sizeof(piece), at);
		n = conn_try_write(&l.conn, piece, sizeof(piece));
		at += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	ck_assert_int_eq((int)n, -EAGAIN);
	return at;
}

static void close_and_remember(void *arg)
{
	closer = fiber_self();
	close_gently(arg);
}

/* What was sent is still there when its second is over. */
static void begin_to_close(void)
{
	usec_t until = clock_mono() + USEC_PER_SEC + USEC_PER_SEC / 2;

	closed = false;
	patience = PATIENCE;
	start(close_and_remember, NULL);
	while (clock_mono() < until) {
		link_send(&l, "more, please");
		loop_turn(10 * USEC_PER_MSEC);
	}
	ck_assert(!closed);
}

START_TEST(gentle_close_goes_on_until_what_was_sent_is_taken)
{
	size_t sent = fill_up(), got = 0;
	char piece[4096];
	ssize_t n = 1;

	begin_to_close();
	while (n != 0) {
		n = read(l.peer, piece, sizeof(piece));
		ck_assert(n >= 0 || errno == EAGAIN);
		if (n > 0) {
			ck_assert(stream_is(piece, (size_t)n, got));
			got += (size_t)n;
		}
		loop_turn(0);
	}
	ck_assert_int_eq((int)got, (int)sent);
	turn_until(&closed);
}
END_TEST

START_TEST(gentle_close_is_not_shielded_for_so_long)
{
	(void)fill_up();
	begin_to_close();
	fiber_cancel(closer);
	turn_until(&closed);
}
END_TEST

START_TEST(a_reset_is_seen_as_one)
{
	char byte;

	conn_set_reset(&l.conn);
	conn_close(&l.conn);
	fcntl(l.peer, F_SETFL, 0);
	ck_assert_int_eq(read(l.peer, &byte, 1), -1);
	ck_assert_int_eq(errno, ECONNRESET);
}
END_TEST

START_TEST(finish_is_seen_as_an_end)
{
	struct reading r;
	char byte;

	conn_finish(&l.conn);
	fcntl(l.peer, F_SETFL, 0);
	ck_assert_int_eq(read(l.peer, &byte, 1), 0);
	fcntl(l.peer, F_SETFL, O_NONBLOCK);
	link_send(&l, "x");
	begin_reading(&r, DEADLINE_NEVER);
	turn_until(&r.done);
	ck_assert_int_eq(r.got, 1);
}
END_TEST

START_TEST(closing_twice_is_closing)
{
	conn_close(&l.conn);
	ck_assert(!conn_is_open(&l.conn));
	conn_close(&l.conn);
}
END_TEST

static void add_tests(Suite *suite)
{
	TCase *tcase = tcase_create("conn");

	tcase_add_checked_fixture(tcase, open_all, close_all);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, fill_says_what_is_there);
	tcase_add_test(tcase, full_window_is_no_end);
	tcase_add_test(tcase, lending_moves_what_is_held);
	tcase_add_test(tcase, an_empty_window_begins_at_its_front);
	tcase_add_test(tcase, read_waits_for_the_first_byte);
	tcase_add_test(tcase, read_ends_at_its_deadline);
	tcase_add_test(tcase, read_is_cancelled);
	tcase_add_test(tcase, read_tells_end_from_reset);
	tcase_add_test(tcase, bytes_before_an_end_are_read_first);
	tcase_add_test(tcase, a_quiet_connection_is_not_stale);
	tcase_add_test(tcase, bytes_make_it_stale_and_stay);
	tcase_add_test(tcase, held_bytes_make_it_stale);
	tcase_add_test(tcase, an_end_makes_it_stale_but_is_nothing_to_read);
	tcase_add_test(tcase, gentle_close_takes_what_still_comes);
	tcase_add_test(tcase, gentle_close_waits_a_second_at_most);
	tcase_add_test(tcase, gentle_close_is_shielded);
	tcase_add_test(tcase,
	    gentle_close_goes_on_until_what_was_sent_is_taken);
	tcase_add_test(tcase, gentle_close_is_not_shielded_for_so_long);
	tcase_add_test(tcase, a_reset_is_seen_as_one);
	tcase_add_test(tcase, finish_is_seen_as_an_end);
	tcase_add_test(tcase, closing_twice_is_closing);
}

int main(void)
{
	Suite *suite = suite_create("conn");

	add_tests(suite);
	return run_all(suite);
}
