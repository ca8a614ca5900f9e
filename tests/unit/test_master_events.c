/*
 * test_master_events.c - the master's loop.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "master/events.h"

struct alarm {
	struct events_timer timer;
	int number;
};

static int rung[8];
static int rung_count;
static struct alarm alarms[4];

static struct events_source one, two;
static int ends1[2], ends2[2];
static int calls;

static void setup(void)
{
	ck_assert_int_eq(events_init(), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends1), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends2), 0);
}

static void ring(struct events_timer *t)
{
	struct alarm *a = container_of(t, struct alarm, timer);

	rung[rung_count++] = a->number;
	if (rung_count == 3)
		events_stop();
}

static void set_alarms(void)
{
	for (int i = 0; i < 4; i++) {
		alarms[i].number = i;
		events_timer_init(&alarms[i].timer, ring);
	}
}

START_TEST(timers_fire_in_order_of_their_times)
{
	set_alarms();
	events_timer_set(&alarms[0].timer, 20000);
	events_timer_set(&alarms[1].timer, 0);
	events_timer_set(&alarms[2].timer, 10000);
	events_run();
	ck_assert_int_eq(rung[0], 1);
	ck_assert_int_eq(rung[1], 2);
	ck_assert_int_eq(rung[2], 0);
	ck_assert_int_eq(alarms[0].timer.due, 0);
}
END_TEST

START_TEST(timers_move_and_are_cleared)
{
	set_alarms();
	events_timer_set(&alarms[0].timer, 0);
	events_timer_set(&alarms[0].timer, 30000);
	events_timer_set(&alarms[1].timer, 10000);
	events_timer_set(&alarms[2].timer, 20000);
	events_timer_set(&alarms[3].timer, 5000);
	events_timer_clear(&alarms[3].timer);
	events_timer_clear(&alarms[3].timer);
	events_run();
	ck_assert_int_eq(rung[0], 1);
	ck_assert_int_eq(rung[1], 2);
	ck_assert_int_eq(rung[2], 0);
}
END_TEST

/* Whichever comes first closes the other, whose event is in the batch. */
static void close_other(struct events_source *s, uint32_t events)
{
	ck_assert_uint_eq(events, EPOLLIN);
	calls++;
	events_close(s == &one ? &two : &one);
	events_stop();
}

START_TEST(an_event_of_a_closed_source_is_forgotten)
{
	events_add(&one, ends1[0], EPOLLIN, close_other);
	events_add(&two, ends2[0], EPOLLIN, close_other);
	ck_assert_int_eq(write(ends1[1], "x", 1), 1);
	ck_assert_int_eq(write(ends2[1], "x", 1), 1);
	events_run();
	ck_assert_int_eq(calls, 1);
	ck_assert(one.fd < 0 || two.fd < 0);
	ck_assert(one.fd >= 0 || two.fd >= 0);
}
END_TEST

static void count_and_stop(struct events_source *s, uint32_t events)
{
	(void)s;
	(void)events;
	calls++;
	events_stop();
}

START_TEST(an_unwanted_event_waits_until_it_is_wanted)
{
	events_add(&one, ends1[0], 0, count_and_stop);
	events_add(&two, ends2[0], EPOLLIN, count_and_stop);
	ck_assert_int_eq(write(ends1[1], "x", 1), 1);
	events_want(&one, 0);
	events_want(&two, EPOLLOUT);
	events_run();
	ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(a_bad_descriptor_is_refused_and_nothing_registered)
{
	int file = open("/dev/null", O_RDONLY);

	close(file);
	ck_assert_int_eq(events_add(&one, file, EPOLLIN, count_and_stop),
	    -EBADF);
	ck_assert_int_eq(one.fd, -1);
	events_close(&one);
}
END_TEST

START_TEST(forgetting_closes_every_source)
{
	events_add(&one, ends1[0], EPOLLIN, count_and_stop);
	events_add(&two, ends2[0], EPOLLIN, count_and_stop);
	events_forget();
	ck_assert_int_eq(fcntl(ends1[0], F_GETFD), -1);
	ck_assert_int_eq(fcntl(ends2[0], F_GETFD), -1);
	ck_assert_int_ge(fcntl(ends1[1], F_GETFD), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("master/events");
	TCase *tc = tcase_create("events");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, timers_fire_in_order_of_their_times);
	tcase_add_test(tc, timers_move_and_are_cleared);
	tcase_add_test(tc, an_event_of_a_closed_source_is_forgotten);
	tcase_add_test(tc, an_unwanted_event_waits_until_it_is_wanted);
	tcase_add_test(tc, a_bad_descriptor_is_refused_and_nothing_registered);
	tcase_add_test(tc, forgetting_closes_every_source);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
