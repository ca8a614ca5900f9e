/*
 * test_loop.c - turns: the clock, the length of a wait, hooks, stopping.
 */
#include "worker/fiber/loop.h"

#include <string.h>

#include "tests/unit/test_fiber.h"

static char trace[16];

static void hook_a(void)
{
	strcat(trace, "a");
}

static void hook_b(void)
{
	strcat(trace, "b");
}

START_TEST(hooks_run_at_each_end_of_turn_in_order)
{
	loop_at_end_of_turn(hook_a);
	loop_at_end_of_turn(hook_b);
	loop_turn(0);
	loop_turn(0);
	ck_assert_str_eq(trace, "abab");
}
END_TEST

static unsigned runs;

static void stop_the_loop(void *arg)
{
	(void)arg;
	loop_stop();
	fiber_yield();
	runs++;
}

START_TEST(run_ends_with_the_turn_in_which_it_was_stopped)
{
	start(stop_the_loop, NULL);
	loop_run();
	ck_assert_uint_eq(runs, 0);
	start(stop_the_loop, NULL); /* it runs again */
	loop_run();
	ck_assert_uint_eq(runs, 1);
	loop_stop();
	loop_run();
	ck_assert_uint_eq(runs, 1);
}
END_TEST

/* ---- the clock ---- */

static usec_t seen[130];
static unsigned seen_count;

static void note_time(void *arg)
{
	usec_t end = clock_mono() + 50;

	(void)arg;
	seen[seen_count++] = loop_now();
	while (clock_mono() < end)
		;
}

START_TEST(the_clock_stands_within_a_turn_but_not_for_64_fibers)
{
	for (unsigned i = 0; i < 130; i++)
		start(note_time, NULL);
	loop_turn(0);
	for (unsigned i = 0; i < 64; i++)
		ck_assert_int_eq(seen[i], seen[0]);
	ck_assert_int_ge(seen[64], seen[0] + 64 * 50);
	ck_assert_int_ge(seen[128], seen[64] + 64 * 50);
}
END_TEST

START_TEST(a_turn_reads_the_clock)
{
	usec_t before = clock_mono();

	loop_turn(0);
	ck_assert_int_ge(loop_now(), before);
	ck_assert_int_le(loop_now(), clock_mono());
}
END_TEST

/* ---- how long it waits ---- */

static struct timer timer;
static usec_t fired_at;

static void note_firing(struct timer *t)
{
	(void)t;
	fired_at = clock_mono();
}

START_TEST(a_timer_ends_the_wait_and_not_before_it_is_due)
{
	timer_init(&timer, note_firing);
	for (usec_t wait = 1; wait < 40000; wait = wait * 3 + 1) {
		usec_t due = clock_mono() + wait;
		unsigned turns = 0;

		fired_at = 0;
		timer_set(&timer, due);
		while (fired_at == 0 && ++turns < 10)
			loop_turn(PATIENCE);
		ck_assert_int_ge(fired_at, due);
	}
}
END_TEST

START_TEST(no_turn_waits_longer_than_it_may)
{
	usec_t before = clock_mono();

	loop_set_longest_wait(20 * USEC_PER_MSEC);
	loop_turn(PATIENCE);
	ck_assert_int_ge(clock_mono() - before, 20 * USEC_PER_MSEC);
	ck_assert_int_lt(clock_mono() - before, PATIENCE / 2);
	loop_set_longest_wait(PATIENCE);
	before = clock_mono();
	loop_turn(20 * USEC_PER_MSEC);
	ck_assert_int_lt(clock_mono() - before, PATIENCE / 2);
}
END_TEST

static void sleep_a_while(void *arg)
{
	(void)arg;
	fiber_sleep_until(loop_now() + 100 * USEC_PER_MSEC);
	runs++;
}

START_TEST(a_sleeping_fiber_does_not_keep_the_loop_turning)
{
	unsigned turns = 0;

	start(sleep_a_while, NULL);
	for (; runs == 0; turns++)
		loop_turn(PATIENCE);
	ck_assert_uint_le(turns, 8);
}
END_TEST

static void yield_a_little(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 10; i++)
		fiber_yield();
}

START_TEST(no_wait_while_somebody_is_ready)
{
	usec_t before = clock_mono();

	loop_set_longest_wait(PATIENCE);
	start(yield_a_little, NULL);
	while (fiber_count() > 0)
		loop_turn(PATIENCE);
	ck_assert_int_lt(clock_mono() - before, PATIENCE / 2);
}
END_TEST

START_TEST(a_loop_can_be_made_anew)
{
	for (unsigned i = 0; i < 3; i++) {
		loop_at_end_of_turn(hook_a);
		start(yield_a_little, NULL);
		turn_until_idle();
		loop_free();
		trace[0] = '\0';
		ck_assert_int_eq(loop_init(), 0);
		loop_turn(0);
		ck_assert_str_eq(trace, ""); /* the hook is forgotten */
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop");
	TCase *turns = looping_case(suite, "turns");
	TCase *times = looping_case(suite, "times");

	tcase_add_test(turns, hooks_run_at_each_end_of_turn_in_order);
	tcase_add_test(turns, run_ends_with_the_turn_in_which_it_was_stopped);
	tcase_add_test(turns, a_loop_can_be_made_anew);
	tcase_add_test(turns, no_wait_while_somebody_is_ready);
	tcase_add_test(times,
	    the_clock_stands_within_a_turn_but_not_for_64_fibers);
	tcase_add_test(times, a_turn_reads_the_clock);
	tcase_add_test(times, a_timer_ends_the_wait_and_not_before_it_is_due);
	tcase_add_test(times, no_turn_waits_longer_than_it_may);
	tcase_add_test(times,
	    a_sleeping_fiber_does_not_keep_the_loop_turning);
	return run_all(suite);
}
