/*
 * test_conn_write.c - writing: all of it, in order, at the peer's pace; and
 * connecting.
 */
#include "worker/conn/conn.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/un.h>

#include "tests/unit/test_conn.h"

#define MUCH ((size_t)12 << 20)

static struct link l;
static char much[MUCH];

static void open_all(void)
{
	make_loop();
	link_open(&l);
	stream_fill(much, MUCH, 0);
}

static void close_all(void)
{
	turn_until_idle();
	link_close(&l);
	loop_free();
}

/* ---- writing ---- */

static const struct conf_rate rate = {256, 30 * USEC_PER_SEC};

struct writing {
	size_t parts[4];
	struct pace pace;
	struct fiber *fiber;
	int result;
	bool done;
};

static void write_parts(void *arg)
{
	struct writing *w = arg;
	struct iovec iov[4];
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		iov[i] = (struct iovec){much + at, w->parts[i]};
		at += w->parts[i];
	}
	w->fiber = fiber_self();
	w->result = conn_write(&l.conn, iov, 4, &w->pace);
	w->done = true;
}

static void begin_writing(struct writing *w)
{
	if (w->pace.left == 0)
		w->pace = pace_begin(rate);
	start(write_parts, w);
	loop_turn(0);
}

/* Reads at the peer from AT, until WANTED bytes are there; where it got to. */
static size_t read_at_peer(size_t at, size_t wanted)
{
	static char block[1 << 16];
	usec_t limit = clock_mono() + PATIENCE;

	while (at < wanted && clock_mono() < limit) {
		size_t most = wanted - at;
		ssize_t got = read(l.peer, block,
		    most < sizeof(block) ? most : sizeof(block));

		if (got > 0) {
			MUST(stream_is(block, (size_t)got, at));
			at += (size_t)got;
		} else {
			MUST(got < 0 && errno == EAGAIN);
		}
		loop_turn(0);
	}
	return at;
}

START_TEST(all_parts_arrive_in_order)
{
	struct writing w = {.parts = {1, 0, MUCH - 1001, 1000}};

	begin_writing(&w);
	ck_assert(!w.done);
	ck_assert_uint_eq(read_at_peer(0, MUCH), MUCH);
	turn_until(&w.done);
	ck_assert_int_eq(w.result, 0);
}
END_TEST

START_TEST(nothing_is_written_at_once)
{
	struct writing w = {.parts = {0, 0, 0, 0}};

	begin_writing(&w);
	ck_assert(w.done);
	ck_assert_int_eq(w.result, 0);
}
END_TEST

START_TEST(a_blocked_write_is_cancelled)
{
	struct writing w = {.parts = {MUCH}};

	begin_writing(&w);
	ck_assert(!w.done);
	fiber_cancel(w.fiber);
	turn_until(&w.done);
	ck_assert_int_eq(w.result, -ECANCELED);
}
END_TEST

/* Fills a send buffer that does not grow: the next write has to wait. */
static void fill_up(void)
{
	int size = 200 * 1024;
	ssize_t sent;

	MUST(setsockopt(l.conn.watch.fd, SOL_SOCKET, SO_SNDBUF, &size,
		 sizeof(size)) == 0);
	do
		sent = send(l.conn.watch.fd, much, MUCH, MSG_DONTWAIT);
	while (sent > 0);
	MUST(errno == EAGAIN);
}

START_TEST(silence_ends_when_patience_does)
{
	struct writing w = {.parts = {1}};

	fill_up();
	w.pace = pace_of_silence(20 * USEC_PER_MSEC);
	begin_writing(&w);
	ck_assert(!w.done);
	turn_until(&w.done);
	ck_assert_int_eq(w.result, -ETIMEDOUT);
}
END_TEST

static int queued(void)
{
	int n = 0;

	MUST(ioctl(l.conn.watch.fd, SIOCOUTQ, &n) == 0);
	return n;
}

/* Reads at the peer until that shows at the sender. */
static void drain_until_it_shows(void)
{
	int before = queued();
	char block[1 << 12];

	while (queued() == before)
		MUST(read(l.peer, block, sizeof(block)) > 0);
}

/*
 * The send buffer is far from as empty as it must be for an edge; but what
 * left it shows that the peer reads, if slowly, and that buys time.
 */
START_TEST(peer_that_reads_without_an_edge_is_not_given_up)
{
	struct writing w = {.parts = {1}};
	usec_t limit;

	fill_up();
	w.pace = pace_begin(rate);
	w.pace.left = 50 * USEC_PER_MSEC;
	limit = loop_now() + 100 * USEC_PER_MSEC;
	begin_writing(&w);
	ck_assert(!w.done);
	drain_until_it_shows();
	while (loop_now() < limit)
		loop_turn(5 * USEC_PER_MSEC);
	ck_assert_int_eq(w.result, 0);
	while (!w.done) {
		drain_until_it_shows();
		loop_turn(0);
	}
	ck_assert_int_eq(w.result, 0);
}
END_TEST

START_TEST(broken_connection_is_an_error_and_no_signal)
{
	struct linger now = {.l_onoff = 1};
	struct writing w = {.parts = {MUCH}};

	begin_writing(&w);
	setsockopt(l.peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	link_hang_up(&l);
	turn_until(&w.done);
	ck_assert(w.result == -EPIPE || w.result == -ECONNRESET);
	w = (struct writing){.parts = {1}};
	begin_writing(&w);
	ck_assert(w.done);
	ck_assert_int_eq(w.result, -EPIPE);
}
END_TEST

/* ---- connecting ---- */

struct connecting {
	const struct sockaddr *addr;
	socklen_t len;
	usec_t deadline;
	struct fiber *fiber;
	struct conn conn;
	int result;
	bool done;
};

static void connect_once(void *arg)
{
	struct connecting *c = arg;

	c->fiber = fiber_self();
	c->result = conn_connect(&c->conn, c->addr, c->len, c->deadline);
	c->done = true;
}

static int try_to_connect(struct connecting *c, const void *addr,
    socklen_t len, usec_t patience)
{
	*c = (struct connecting){.addr = addr, .len = len};
	c->deadline = loop_now() + patience;
	start(connect_once, c);
	turn_until(&c->done);
	return c->result;
}

START_TEST(connecting_to_who_listens)
{
	struct sockaddr_in addr;
	struct connecting c;
	int listener = listen_local(&addr, 10);

	ck_assert_int_eq(try_to_connect(&c, &addr, sizeof(addr), PATIENCE), 0);
	ck_assert(conn_is_open(&c.conn));
	ck_assert(!conn_is_stale(&c.conn));
	conn_close(&c.conn);
	close(listener);
	ck_assert_int_eq(try_to_connect(&c, &addr, sizeof(addr), PATIENCE),
	    -ECONNREFUSED);
}
END_TEST

/* The first few fill the queue; the next gets no answer at all. */
START_TEST(connecting_ends_at_its_deadline_or_cancelled)
{
	struct sockaddr_in addr;
	struct connecting c[4];
	int listener = listen_local(&addr, 0);
	int got = 0;

	for (int i = 0; i < 3 && got == 0; i++) {
		got = try_to_connect(&c[i], &addr, sizeof(addr),
		    100 * USEC_PER_MSEC);
		if (got == 0)
			continue;
		c[3] = (struct connecting){.addr = (struct sockaddr *)&addr,
		    .len = sizeof(addr),
		    .deadline = DEADLINE_NEVER};
		start(connect_once, &c[3]);
		loop_turn(0);
		fiber_cancel(c[3].fiber);
		turn_until(&c[3].done);
		ck_assert_int_eq(c[3].result, -ECANCELED);
		while (i-- > 0)
			conn_close(&c[i].conn);
	}
	ck_assert_int_eq(got, -ETIMEDOUT);
	close(listener);
}
END_TEST

static int listen_unix(struct sockaddr_un *addr_r, int backlog)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	*addr_r = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(addr_r->sun_path + 1, sizeof(addr_r->sun_path) - 1,
	    "sluice-test-%d-%d", getpid(), backlog);
	MUST(bind(fd, (struct sockaddr *)addr_r, sizeof(*addr_r)) == 0);
	MUST(listen(fd, backlog) == 0);
	return fd;
}

/* Its queue is full, and nobody tells us when it has room: we ask again. */
START_TEST(connecting_to_a_full_unix_socket)
{
	struct sockaddr_un addr;
	struct connecting c[3];
	int listener = listen_unix(&addr, 0);

	ck_assert_int_eq(try_to_connect(&c[0], &addr, sizeof(addr), PATIENCE),
	    0);
	ck_assert_int_eq(try_to_connect(&c[1], &addr, sizeof(addr),
	    30 * USEC_PER_MSEC), -ETIMEDOUT);
	c[2] = (struct connecting){.addr = (struct sockaddr *)&addr,
	    .len = sizeof(addr),
	    .deadline = DEADLINE_NEVER};
	start(connect_once, &c[2]);
	loop_turn(0);
	ck_assert(!c[2].done);
	close(accept(listener, NULL, NULL));
	turn_until(&c[2].done);
	ck_assert_int_eq(c[2].result, 0);
	conn_close(&c[0].conn);
	conn_close(&c[2].conn);
	close(listener);
}
END_TEST

START_TEST(connecting_to_nothing_leaves_nothing_open)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX,
	    .sun_path = "/nonexistent/socket"};
	struct connecting c;
	int before = dup(0);

	close(before);
	ck_assert_int_eq(try_to_connect(&c, &addr, sizeof(addr), PATIENCE),
	    -ENOENT);
	ck_assert_int_eq(dup(0), before);
	close(before);
}
END_TEST

static void add_tests(Suite *suite)
{
	TCase *tcase = tcase_create("conn_write");

	tcase_add_checked_fixture(tcase, open_all, close_all);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, all_parts_arrive_in_order);
	tcase_add_test(tcase, nothing_is_written_at_once);
	tcase_add_test(tcase, a_blocked_write_is_cancelled);
	tcase_add_test(tcase, silence_ends_when_patience_does);
	tcase_add_test(tcase, peer_that_reads_without_an_edge_is_not_given_up);
	tcase_add_test(tcase, broken_connection_is_an_error_and_no_signal);
	tcase_add_test(tcase, connecting_to_who_listens);
	tcase_add_test(tcase, connecting_ends_at_its_deadline_or_cancelled);
	tcase_add_test(tcase, connecting_to_a_full_unix_socket);
	tcase_add_test(tcase, connecting_to_nothing_leaves_nothing_open);
}

int main(void)
{
	Suite *suite = suite_create("conn_write");

	add_tests(suite);
	return run_all(suite);
}
