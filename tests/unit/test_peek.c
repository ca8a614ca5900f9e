/*
 * test_peek.c - looking at what a peer begins with, and leaving it there.
 */
#include "worker/conn/peek.h"

#include <errno.h>

#include "tests/unit/test_conn.h"

#define FAULT 7

static struct link from;
static unsigned measured;

/* Two bytes that say how many there are with them; 65535 is wrong, and more than
 * anybody looks at. */
static unsigned measure(const uint8_t *bytes, size_t n, size_t *size_r)
{
	measured++;
	*size_r = 2;
	if (n < 2)
		return 0;
	*size_r = (size_t)bytes[0] << 8 | bytes[1];
	if (*size_r < UINT16_MAX)
		return 0;
	*size_r = PEEK_MAX + 1;
	return FAULT;
}

struct looking {
	struct peek peek;
	usec_t deadline;
	int result;
	bool done;
	struct fiber *fiber;
};

static void look(void *arg)
{
	struct looking *l = arg;

	l->fiber = fiber_self();
	l->result = peek_begin(&from.conn, measure, l->deadline, &l->peek);
	l->done = true;
}

static void begin_looking(struct looking *l)
{
	*l = (struct looking){.deadline = loop_now() + PATIENCE};
	measured = 0;
	start(look, l);
	loop_turn(0);
}

static void open_all(void)
{
	make_loop();
	link_open(&from);
}

static void close_all(void)
{
	turn_until_idle();
	link_close(&from);
	loop_free();
}

static void send_bytes(const char *p, size_t n)
{
	MUST(write(from.peer, p, n) == (ssize_t)n);
}

static void turn_often(void)
{
	for (int i = 0; i < 5; i++)
		loop_turn(0);
}

static void read_rest(void *arg)
{
	char text[16];
	ssize_t got = conn_read(&from.conn, text, sizeof(text),
	    loop_now() + PATIENCE);

	*(bool *)arg = got == 4 && memcmp(text, "rest", 4) == 0;
}

static void check_rest(void)
{
	bool good = false;

	start(read_rest, &good);
	turn_until_idle();
	ck_assert(good);
}

START_TEST(what_was_looked_at_is_still_to_be_read)
{
	struct looking l;

	send_bytes("\0\4rest", 4);
	begin_looking(&l);
	turn_until(&l.done);
	ck_assert_int_eq(l.result, 0);
	ck_assert_uint_eq(l.peek.size, 4);
	ck_assert_mem_eq(l.peek.bytes, "\0\4re", 4);
	peek_end(&l.peek);
	ck_assert_int_eq(read(from.conn.watch.fd, (char[8]){0}, 8), 4);
}
END_TEST

START_TEST(what_is_consumed_ends_where_it_was_measured)
{
	struct looking l;

	send_bytes("\0\5abcrest", 9);
	begin_looking(&l);
	turn_until(&l.done);
	ck_assert_int_eq(l.result, 0);
	ck_assert_int_eq(peek_consume(&from.conn, &l.peek), 0);
	check_rest();
}
END_TEST

/* The kernel wakes us when there is enough, not with each byte. */
START_TEST(trickle_does_not_wake_the_fiber_with_each_byte)
{
	struct looking l;

	begin_looking(&l);
	for (int i = 0; i < 300; i++) {
		ck_assert(!l.done);
		send_bytes(i == 0 ? "\1" : i == 1 ? "\x2c" : "x", 1);
		turn_often();
	}
	turn_until(&l.done);
	ck_assert_int_eq(l.result, 0);
	ck_assert_uint_eq(l.peek.size, 300);
	ck_assert_uint_le(measured, 3);
	ck_assert_int_eq(peek_consume(&from.conn, &l.peek), 0);
	send_bytes("rest", 4);
	check_rest();
}
END_TEST

START_TEST(what_needs_more_than_a_block_is_seen_whole)
{
	static char large[60000];
	struct looking l;
	size_t sent = 0;

	large[0] = (char)(sizeof(large) >> 8);
	large[1] = (char)(sizeof(large) & 255);
	begin_looking(&l);
	while (sent < sizeof(large)) {
		ssize_t n = write(from.peer, large + sent,
		    sizeof(large) - sent);

		MUST(n > 0 || errno == EAGAIN);
		sent += n > 0 ? (size_t)n : 0;
		loop_turn(0);
	}
	turn_until(&l.done);
	ck_assert_int_eq(l.result, 0);
	ck_assert_uint_eq(l.peek.size, sizeof(large));
	ck_assert_mem_eq(l.peek.bytes, large, sizeof(large));
	peek_end(&l.peek);
}
END_TEST

START_TEST(fault_is_told)
{
	struct looking l;

	send_bytes("\xff\xff", 2);
	begin_looking(&l);
	turn_until(&l.done);
	ck_assert_int_eq(l.result, -EPROTO);
	ck_assert_uint_eq(l.peek.fault, FAULT);
}
END_TEST

START_TEST(end_before_the_first_byte_is_no_fault)
{
	struct looking l;

	begin_looking(&l);
	link_hang_up(&from);
	turn_until(&l.done);
	ck_assert_int_eq(l.result, -ECONNRESET);
}
END_TEST

START_TEST(end_in_the_middle_does_not_spin)
{
	struct looking l;

	send_bytes("\0\7abc", 5);
	begin_looking(&l);
	turn_often();
	ck_assert(!l.done);
	link_hang_up(&from);
	turn_until(&l.done);
	ck_assert_int_eq(l.result, -EPROTO);
	ck_assert_uint_eq(l.peek.fault, 0);
}
END_TEST

START_TEST(all_of_it_before_the_end_is_seen)
{
	struct looking l;

	send_bytes("\0\4ab", 4);
	link_hang_up(&from);
	loop_turn(0);
	begin_looking(&l);
	turn_until(&l.done);
	ck_assert_int_eq(l.result, 0);
	peek_end(&l.peek);
}
END_TEST

START_TEST(silence_ends_at_the_deadline)
{
	struct looking l = {.deadline = loop_now() + 20 * USEC_PER_MSEC};

	send_bytes("\0", 1);
	start(look, &l);
	turn_until(&l.done);
	ck_assert_int_eq(l.result, -ETIMEDOUT);
}
END_TEST

START_TEST(cancelled_look_ends)
{
	struct looking l;

	begin_looking(&l);
	fiber_cancel(l.fiber);
	turn_until(&l.done);
	ck_assert_int_eq(l.result, -ECANCELED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peek");
	TCase *t = tcase_create("peek");

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_test(t, what_was_looked_at_is_still_to_be_read);
	tcase_add_test(t, what_is_consumed_ends_where_it_was_measured);
	tcase_add_test(t, trickle_does_not_wake_the_fiber_with_each_byte);
	tcase_add_test(t, what_needs_more_than_a_block_is_seen_whole);
	tcase_add_test(t, fault_is_told);
	tcase_add_test(t, end_before_the_first_byte_is_no_fault);
	tcase_add_test(t, end_in_the_middle_does_not_spin);
	tcase_add_test(t, all_of_it_before_the_end_is_seen);
	tcase_add_test(t, silence_ends_at_the_deadline);
	tcase_add_test(t, cancelled_look_ends);
	return run_all(suite);
}
