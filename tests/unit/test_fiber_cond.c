/*
 * test_fiber_cond.c - conditions and deadlines, alone and in one turn.
 */
#include "tests/unit/test_fiber.h"

#include <string.h>

static struct cond cond;
static char order[16];
static int results[16];
static unsigned result_count;

static void wait_and_trace(void *letter)
{
	int result = cond_wait(&cond, DEADLINE_NEVER);

	strcat(order, letter);
	results[result_count++] = result;
}

static void start_three(void)
{
	cond_init(&cond);
	start(wait_and_trace, "a");
	start(wait_and_trace, "b");
	start(wait_and_trace, "c");
	loop_turn(0);
}

START_TEST(signal_wakes_the_longest_waiter_and_only_it)
{
	start_three();
	cond_signal(&cond);
	loop_turn(0);
	ck_assert_str_eq(order, "a");
	cond_signal(&cond);
	cond_signal(&cond);
	loop_turn(0);
	ck_assert_str_eq(order, "abc");
	cond_signal(&cond); /* to nobody: not remembered */
	ck_assert_int_eq(results[2], 0);
}
END_TEST

START_TEST(broadcast_wakes_all_in_order)
{
	start_three();
	cond_broadcast(&cond);
	memset(&cond, 0xff, sizeof(cond)); /* as if freed at once */
	loop_turn(0);
	ck_assert_str_eq(order, "abc");
}
END_TEST

static unsigned passes;

static void wait_again_and_again(void *arg)
{
	(void)arg;
	while (cond_wait(&cond, DEADLINE_NEVER) == 0)
		passes++;
}

static struct fiber *waiter;

static void wait_as_waiter(void *arg)
{
	waiter = fiber_self();
	wait_again_and_again(arg);
}

START_TEST(who_waits_again_waits_for_the_next_broadcast)
{
	cond_init(&cond);
	start(wait_as_waiter, NULL);
	loop_turn(0);
	for (unsigned i = 0; i < 3; i++) {
		cond_broadcast(&cond);
		loop_turn(0);
		loop_turn(0);
	}
	ck_assert_uint_eq(passes, 3);
	fiber_cancel(waiter);
}
END_TEST

/* ---- deadlines ---- */

static int result;
static usec_t woken_at, waited_for;

static void wait_a_while(void *msec)
{
	waiter = fiber_self();
	waited_for = loop_now() + (usec_t)(intptr_t)msec * USEC_PER_MSEC + 1;
	result = cond_wait(&cond, waited_for);
	woken_at = clock_mono();
}

START_TEST(a_deadline_comes_but_never_early)
{
	cond_init(&cond);
	for (intptr_t msec = 0; msec < 30; msec += 3) {
		start(wait_a_while, (void *)msec);
		turn_until_idle();
		ck_assert_int_eq(result, -ETIMEDOUT);
		ck_assert_int_ge(woken_at, waited_for);
		ck_assert(list_empty(&cond.waiters));
	}
}
END_TEST

static void sleep_in_the_past(void *arg)
{
	(void)arg;
	result = fiber_sleep_until(1);
}

START_TEST(a_deadline_in_the_past_comes_at_the_next_turn)
{
	start(sleep_in_the_past, NULL);
	loop_turn(0);
	ck_assert_uint_eq(fiber_count(), 1);
	loop_turn(USEC_PER_SEC);
	ck_assert_uint_eq(fiber_count(), 0);
	ck_assert_int_eq(result, -ETIMEDOUT);
}
END_TEST

static void spend_time(usec_t duration)
{
	usec_t end = clock_mono() + duration;

	while (clock_mono() < end)
		;
}

START_TEST(a_signal_beats_a_deadline_that_has_come)
{
	cond_init(&cond);
	start(wait_a_while, (void *)(intptr_t)1);
	loop_turn(0);
	spend_time(5 * USEC_PER_MSEC);
	cond_signal(&cond);
	loop_turn(0);
	ck_assert_int_eq(result, 0);
	loop_turn(0); /* the timer must not find it again */
	ck_assert_uint_eq(fiber_count(), 0);
}
END_TEST

static void signal_and_cancel(void *arg)
{
	(void)arg;
	cond_signal(&cond);
	fiber_cancel(waiter);
	cond_signal(&cond);
}

START_TEST(cancellation_beats_a_signal_in_one_turn)
{
	cond_init(&cond);
	start(wait_a_while, (void *)(intptr_t)1000);
	loop_turn(0);
	start(signal_and_cancel, NULL);
	turn_until_idle();
	ck_assert_int_eq(result, -ECANCELED);
}
END_TEST

static void cancel_waiter(void *arg)
{
	(void)arg;
	fiber_cancel(waiter);
}

START_TEST(cancellation_beats_a_deadline_in_one_turn)
{
	cond_init(&cond);
	start(wait_a_while, (void *)(intptr_t)1);
	loop_turn(0);
	spend_time(5 * USEC_PER_MSEC);
	start(cancel_waiter, NULL); /* ready before the timer fires */
	turn_until_idle();
	ck_assert_int_eq(result, -ECANCELED);
	ck_assert(list_empty(&cond.waiters));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fiber_cond");
	TCase *signals = looping_case(suite, "signals");
	TCase *deadlines = looping_case(suite, "deadlines");

	tcase_add_test(signals, signal_wakes_the_longest_waiter_and_only_it);
	tcase_add_test(signals, broadcast_wakes_all_in_order);
	tcase_add_test(signals, who_waits_again_waits_for_the_next_broadcast);
	tcase_add_test(deadlines, a_deadline_comes_but_never_early);
	tcase_add_test(deadlines,
	    a_deadline_in_the_past_comes_at_the_next_turn);
	tcase_add_test(deadlines, a_signal_beats_a_deadline_that_has_come);
	tcase_add_test(deadlines, cancellation_beats_a_signal_in_one_turn);
	tcase_add_test(deadlines, cancellation_beats_a_deadline_in_one_turn);
	return run_all(suite);
}
