/*
 * test_splice.c - bytes past us: how many, which, and what a failure leaves.
 */
#include "worker/conn/splice.h"

#include <sys/resource.h>

#include "tests/unit/test_conn.h"

#define MUCH ((size_t)48 << 20) /* more than all buffers may grow to hold */

static struct link from, to;

static const struct conf_rate rate = {256, 30 * USEC_PER_SEC};

struct moving {
	struct splice splice;
	struct pace pace;
	uint64_t n;
	struct fiber *fiber;
	int result;
	bool done;
};

static void open_all(void)
{
	make_loop();
	link_open(&from);
	link_open(&to);
}

static void close_all(void)
{
	turn_until_idle();
	link_close(&from);
	link_close(&to);
	splice_free_all();
	loop_free();
}

static void move(void *arg)
{
	struct moving *m = arg;

	m->fiber = fiber_self();
	m->result = splice_move(&m->splice, m->n);
	m->done = true;
}

static void begin_moving(struct moving *m, uint64_t n)
{
	*m = (struct moving){.n = n, .pace = pace_begin(rate)};
	m->splice = (struct splice){.from = &from.conn,
	    .to = &to.conn,
	    .patience = PATIENCE,
	    .pace = &m->pace};
	start(move, m);
	loop_turn(0);
}

/* Sends bytes IN to TOTAL of the stream, as many as fit; how far it got. */
static size_t feed(size_t in, size_t total)
{
	static char block[1 << 16];
	size_t n = total - in < sizeof(block) ? total - in : sizeof(block);
	ssize_t sent;

	if (n == 0)
		return in;
	stream_fill(block, n, in);
	sent = write(from.peer, block, n);
	MUST(sent > 0 || errno == EAGAIN);
	return sent > 0 ? in + (size_t)sent : in;
}

static size_t take(size_t out)
{
	static char block[1 << 16];
	ssize_t got = read(to.peer, block, sizeof(block));

	if (got <= 0)
		return out;
	MUST(stream_is(block, (size_t)got, out));
	return out + (size_t)got;
}

/* Feeds SENT bytes and takes at least WANTED. */
static void play(size_t sent, size_t wanted)
{
	usec_t limit = clock_mono() + PATIENCE;
	size_t in = 0, out = 0;

	while ((in < sent || out < wanted) && clock_mono() < limit) {
		in = feed(in, sent);
		loop_turn(0);
		out = take(out);
	}
	MUST(in == sent && out >= wanted);
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* ---- what arrives ---- */

static void check_size(size_t n)
{
	struct moving m;

	begin_moving(&m, n);
	play(n, n);
	turn_until(&m.done);
	ck_assert_int_eq(m.result, 0);
	ck_assert_uint_eq(m.splice.moved, n);
}

START_TEST(all_bytes_arrive_whatever_their_number)
{
	static const size_t sizes[] = {1, 2, 4095, 4096, 65535, 65536, 65537,
	    262143, 262144, 262145, MUCH};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_size(sizes[i]);
}
END_TEST

START_TEST(no_byte_more_is_taken)
{
	struct moving m;
	char rest[16];

	begin_moving(&m, 100000);
	play(100005, 100000);
	turn_until(&m.done);
	ck_assert_int_eq(m.result, 0);
	ck_assert_int_eq(read(from.conn.watch.fd, rest, sizeof(rest)), 5);
	ck_assert(stream_is(rest, 5, 100000));
}
END_TEST

START_TEST(an_end_right_behind_the_last_byte_is_fine)
{
	struct moving m;

	begin_moving(&m, 300000);
	play(300000, 200000);
	link_hang_up(&from);
	turn_until(&m.done);
	ck_assert_int_eq(m.result, 0);
	ck_assert_uint_eq(m.splice.moved, 300000);
}
END_TEST

/* ---- what fails ---- */

START_TEST(an_end_too_early_is_the_sources_fault)
{
	struct moving m;

	begin_moving(&m, 300000);
	play(200000, 200000);
	link_hang_up(&from);
	turn_until(&m.done);
	ck_assert_int_eq(m.result, -EPIPE);
	ck_assert(!m.splice.to_failed);
	ck_assert_uint_eq(m.splice.moved, 200000);
}
END_TEST

START_TEST(a_source_that_is_silent_ends_at_its_deadline)
{
	struct moving m;

	begin_moving(&m, 300000);
	m.splice.patience = 10 * USEC_PER_MSEC;
	play(1000, 1000);
	turn_until(&m.done);
	ck_assert_int_eq(m.result, -ETIMEDOUT);
	ck_assert(!m.splice.to_failed);
}
END_TEST

/* Until nothing more can be moved: buffers and pipe are full. */
static void stuff(const struct moving *m)
{
	uint64_t moved = 0;
	size_t in = 0;

	for (int quiet = 0; quiet < 20; quiet++) {
		size_t before = in;

		in = feed(in, MUCH);
		loop_turn(USEC_PER_MSEC);
		if (in != before || moved != m->splice.moved)
			quiet = 0;
		moved = m->splice.moved;
	}
	MUST(in < MUCH);
}

START_TEST(a_target_that_breaks_is_its_own_fault)
{
	struct moving m;

	begin_moving(&m, MUCH);
	stuff(&m);
	ck_assert(!m.done);
	link_hang_up(&to);
	turn_until(&m.done);
	ck_assert(m.result == -EPIPE || m.result == -ECONNRESET);
	ck_assert(m.splice.to_failed);
}
END_TEST

START_TEST(a_target_that_reads_nothing_ends_at_its_pace)
{
	struct moving m;

	begin_moving(&m, MUCH);
	stuff(&m);
	fiber_cancel(m.fiber);
	turn_until(&m.done);
	ck_assert_int_eq(m.result, -ECANCELED);
	m = (struct moving){.n = MUCH};
	m.splice = (struct splice){.from = &from.conn,
	    .to = &to.conn,
	    .patience = PATIENCE,
	    .pace = &m.pace};
	m.pace = pace_of_silence(10 * USEC_PER_MSEC);
	start(move, &m);
	turn_until(&m.done);
	ck_assert_int_eq(m.result, -ETIMEDOUT);
	ck_assert(m.splice.to_failed);
}
END_TEST

START_TEST(a_source_is_left_when_cancelled)
{
	struct moving m;

	begin_moving(&m, MUCH);
	play(1000, 1000);
	fiber_cancel(m.fiber);
	turn_until(&m.done);
	ck_assert_int_eq(m.result, -ECANCELED);
	ck_assert(!m.splice.to_failed);
}
END_TEST

/* ---- pipes ---- */

START_TEST(pipes_are_used_again)
{
	unsigned before;

	check_size(1000);
	before = open_descriptors();
	for (int i = 0; i < 50; i++)
		check_size(300000);
	ck_assert_uint_eq(open_descriptors(), before);
	splice_free_all();
	ck_assert_uint_eq(open_descriptors(), before - 2);
}
END_TEST

/* What is left in it belongs to nobody. */
START_TEST(a_pipe_with_bytes_in_it_is_not_used_again)
{
	struct moving m;
	unsigned before = open_descriptors();

	begin_moving(&m, MUCH);
	stuff(&m);
	fiber_cancel(m.fiber);
	turn_until(&m.done);
	ck_assert_uint_eq(open_descriptors(), before);
	link_close(&from);
	link_close(&to);
	link_open(&from);
	link_open(&to);
	check_size(300000);
}
END_TEST

START_TEST(no_pipe_is_no_failure)
{
	struct rlimit limit, none;
	struct moving m;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	begin_moving(&m, 1000);
	turn_until(&m.done);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(m.result, -ENOTSUP);
	ck_assert_uint_eq(m.splice.moved, 0);
	check_size(1000);
}
END_TEST

/* ---- what is there now ---- */

static void move_now(void *arg)
{
	struct moving *m = arg;

	m->fiber = fiber_self();
	m->result = (int)splice_some(&m->splice);
	m->done = true;
}

static void check_some(int expected)
{
	struct moving m = {.pace = pace_begin(rate)};

	m.splice = (struct splice){.from = &from.conn,
	    .to = &to.conn,
	    .pace = &m.pace};
	start(move_now, &m);
	turn_until(&m.done);
	ck_assert_int_eq(m.result, expected);
	ck_assert_uint_eq(m.splice.moved, expected > 0 ? (unsigned)expected : 0);
	ck_assert(!m.splice.to_failed);
}

START_TEST(some_is_what_is_there_and_nobody_waits_for_more)
{
	char text[8];

	check_some(-EAGAIN);
	ck_assert(!watch_is_ready(&from.conn.watch, WATCH_READ));
	link_send(&from, "abc");
	turn_until_ready(&from);
	check_some(3);
	ck_assert_int_eq(read(to.peer, text, sizeof(text)), 3);
	ck_assert_mem_eq(text, "abc", 3);
	link_hang_up(&from);
	turn_until_ready(&from);
	check_some(0);
}
END_TEST

START_TEST(some_needs_a_pipe)
{
	splice_free_all();
	splice_init(0);
	link_send(&from, "abc");
	turn_until_ready(&from);
	check_some(-ENOTSUP);
	splice_init(16);
}
END_TEST

static void add_tests(Suite *suite)
{
	TCase *tcase = tcase_create("splice");

	tcase_add_checked_fixture(tcase, open_all, close_all);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, all_bytes_arrive_whatever_their_number);
	tcase_add_test(tcase, no_byte_more_is_taken);
	tcase_add_test(tcase, an_end_right_behind_the_last_byte_is_fine);
	tcase_add_test(tcase, an_end_too_early_is_the_sources_fault);
	tcase_add_test(tcase, a_source_that_is_silent_ends_at_its_deadline);
	tcase_add_test(tcase, a_target_that_breaks_is_its_own_fault);
	tcase_add_test(tcase, a_target_that_reads_nothing_ends_at_its_pace);
	tcase_add_test(tcase, a_source_is_left_when_cancelled);
	tcase_add_test(tcase, pipes_are_used_again);
	tcase_add_test(tcase, a_pipe_with_bytes_in_it_is_not_used_again);
	tcase_add_test(tcase, no_pipe_is_no_failure);
	tcase_add_test(tcase, some_is_what_is_there_and_nobody_waits_for_more);
	tcase_add_test(tcase, some_needs_a_pipe);
}

int main(void)
{
	Suite *suite = suite_create("splice");

	add_tests(suite);
	return run_all(suite);
}
