/*
 * test_fiber_cancel.c - cancellation: every wait ends, every later one too,
 * except joins and what is shielded.
 */
#include "tests/unit/test_fiber.h"

#include <sys/socket.h>
#include <unistd.h>

static struct cond never_signalled;
static struct fiber *victim;
static int first, second;
static bool victim_is_through;

static void expect_cancelled_from_now_on(void)
{
	struct cond c;

	cond_init(&c);
	ck_assert(fiber_is_cancelled());
	ck_assert_int_eq(fiber_yield(), -ECANCELED);
	ck_assert_int_eq(fiber_charge(0), -ECANCELED);
	ck_assert_int_eq(fiber_sleep_until(loop_now() + 1), -ECANCELED);
	ck_assert_int_eq(cond_wait(&c, DEADLINE_NEVER), -ECANCELED);
	ck_assert(list_empty(&c.waiters));
	victim_is_through = true;
}

static void wait_for_a_signal(void *arg)
{
	(void)arg;
	victim = fiber_self();
	first = cond_wait(&never_signalled, DEADLINE_NEVER);
	expect_cancelled_from_now_on();
}

static void sleep_for_ever(void *arg)
{
	(void)arg;
	victim = fiber_self();
	first = fiber_sleep_until(DEADLINE_NEVER);
	expect_cancelled_from_now_on();
}

static void sleep_an_hour(void *arg)
{
	(void)arg;
	victim = fiber_self();
	first = fiber_sleep_until(loop_now() + 3600 * USEC_PER_SEC);
	expect_cancelled_from_now_on();
}

static void wait_for_bytes(void *arg)
{
	struct watch w;
	int fds[2];

	(void)arg;
	victim = fiber_self();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(watch_add(&w, fds[0], NULL), 0);
	watch_dry(&w, WATCH_READ);
	first = watch_wait(&w, WATCH_READ, DEADLINE_NEVER);
	ck_assert_ptr_null(w.reader);
	ck_assert(watch_is_ready(&w, WATCH_WRITE));
	ck_assert_int_eq(watch_wait(&w, WATCH_WRITE, 1), -ECANCELED);
	watch_remove(&w);
	close(fds[0]);
	close(fds[1]);
	expect_cancelled_from_now_on();
}

static fiber_fn *const waits[] = {
    wait_for_a_signal, sleep_for_ever, sleep_an_hour, wait_for_bytes};

START_TEST(every_blocked_call_ends_and_so_does_every_later_one)
{
	cond_init(&never_signalled);
	start(waits[_i], NULL);
	loop_turn(0);
	loop_turn(0);
	ck_assert(!victim_is_through);
	fiber_cancel(victim);
	fiber_cancel(victim);
	loop_turn(0);
	ck_assert_int_eq(first, -ECANCELED);
	ck_assert(victim_is_through);
	ck_assert(list_empty(&never_signalled.waiters));
}
END_TEST

static void cancel_itself(void *arg)
{
	(void)arg;
	ck_assert_int_eq(fiber_yield(), 0);
	fiber_cancel(fiber_self());
	expect_cancelled_from_now_on();
}

START_TEST(a_fiber_may_cancel_itself)
{
	start(cancel_itself, NULL);
	turn_until_idle();
	ck_assert(victim_is_through);
}
END_TEST

static void learn_at_the_first_wait(void *arg)
{
	(void)arg;
	expect_cancelled_from_now_on();
}

static void cancel_before_it_runs(void *arg)
{
	struct fiber *child =
	    fiber_spawn("child", learn_at_the_first_wait, arg);

	fiber_cancel(child);
	fiber_join(&child);
}

START_TEST(who_is_cancelled_before_its_first_run_does_run)
{
	start(cancel_before_it_runs, NULL);
	turn_until_idle();
	ck_assert(victim_is_through);
}
END_TEST

static void note_yield(void *arg)
{
	(void)arg;
	victim = fiber_self();
	first = fiber_yield();
}

START_TEST(who_is_cancelled_while_it_yields_learns_it)
{
	start(note_yield, NULL);
	loop_turn(0);
	fiber_cancel(victim);
	loop_turn(0);
	ck_assert_int_eq(first, -ECANCELED);
}
END_TEST

/* ---- joins ---- */

static bool child_has_ended;

/* Its cleanup takes a while, so a join that does not wait is seen. */
static void clean_up_slowly(void *arg)
{
	(void)arg;
	first = fiber_sleep_until(DEADLINE_NEVER);
	fiber_shield();
	second = fiber_sleep_until(loop_now() + 20 * USEC_PER_MSEC);
	fiber_unshield();
	child_has_ended = true;
}

static void join_slow_child(void *cancel_first)
{
	struct fiber *child = fiber_spawn("child", clean_up_slowly, NULL);

	victim = fiber_self();
	if (cancel_first != NULL)
		fiber_cancel(victim);
	fiber_join(&child);
	ck_assert(child_has_ended);
	ck_assert(fiber_is_cancelled());
	victim_is_through = true;
}

START_TEST(join_under_cancel_cancels_the_child_and_really_waits)
{
	start(join_slow_child, NULL);
	loop_turn(0);
	loop_turn(0);
	fiber_cancel(victim);
	turn_until_idle();
	ck_assert_int_eq(first, -ECANCELED);
	ck_assert_int_eq(second, -ETIMEDOUT);
	ck_assert(victim_is_through);
}
END_TEST

START_TEST(a_cancelled_parent_cancels_the_child_that_it_joins)
{
	start(join_slow_child, "already cancelled");
	turn_until_idle();
	ck_assert_int_eq(first, -ECANCELED);
	ck_assert(victim_is_through);
}
END_TEST

static struct cond child_may_end;

static void end_when_told(void *arg)
{
	(void)arg;
	first = cond_wait(&child_may_end, DEADLINE_NEVER);
}

static void join_child(void *arg)
{
	struct fiber *child = fiber_spawn("child", end_when_told, arg);

	victim = fiber_self();
	fiber_join(&child);
	victim_is_through = true;
}

START_TEST(parent_cancelled_and_child_ended_in_one_turn)
{
	cond_init(&child_may_end);
	start(join_child, NULL);
	loop_turn(0);
	loop_turn(0);
	cond_signal(&child_may_end);
	fiber_cancel(victim);
	turn_until_idle();
	ck_assert_int_eq(first, 0);
	ck_assert(victim_is_through);
}
END_TEST

static void cancel_after_the_end(void *arg)
{
	struct fiber *child =
	    fiber_spawn("child", learn_at_the_first_wait, arg);

	fiber_cancel(child);
	fiber_yield();
	ck_assert(victim_is_through);
	fiber_cancel(child);
	fiber_join(&child);
	ck_assert_int_eq(fiber_yield(), 0);
}

START_TEST(cancelling_what_has_ended_does_nothing)
{
	start(cancel_after_the_end, NULL);
	turn_until_idle();
}
END_TEST

/* ---- shields ---- */

static void hold_two_shields(void *arg)
{
	(void)arg;
	victim = fiber_self();
	fiber_shield();
	fiber_shield();
	first = fiber_sleep_until(loop_now() + 10 * USEC_PER_MSEC);
	ck_assert(!fiber_is_cancelled());
	fiber_unshield();
	second = fiber_sleep_until(loop_now() + USEC_PER_MSEC);
	ck_assert_int_eq(fiber_yield(), 0);
	ck_assert_int_eq(fiber_charge(1), 0);
	fiber_unshield();
	expect_cancelled_from_now_on();
}

START_TEST(shields_nest_and_the_last_one_down_lets_it_through)
{
	start(hold_two_shields, NULL);
	loop_turn(0);
	fiber_cancel(victim);
	turn_until_idle();
	ck_assert_int_eq(first, -ETIMEDOUT);
	ck_assert_int_eq(second, -ETIMEDOUT);
	ck_assert(victim_is_through);
}
END_TEST

static void shield_for_cleanup(void *arg)
{
	(void)arg;
	victim = fiber_self();
	first = fiber_sleep_until(DEADLINE_NEVER);
	for (unsigned i = 0; i < 3; i++) {
		fiber_shield();
		second = fiber_sleep_until(loop_now() + USEC_PER_MSEC);
		fiber_unshield();
		ck_assert_int_eq(second, -ETIMEDOUT);
		ck_assert_int_eq(fiber_sleep_until(1), -ECANCELED);
	}
	victim_is_through = true;
}

START_TEST(cleanup_may_wait_behind_a_shield_again_and_again)
{
	start(shield_for_cleanup, NULL);
	loop_turn(0);
	fiber_cancel(victim);
	turn_until_idle();
	ck_assert_int_eq(first, -ECANCELED);
	ck_assert(victim_is_through);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fiber_cancel");
	TCase *waiting = looping_case(suite, "waits");
	TCase *joining = looping_case(suite, "joins");
	TCase *shields = looping_case(suite, "shields");

	tcase_add_loop_test(waiting,
	    every_blocked_call_ends_and_so_does_every_later_one, 0, 4);
	tcase_add_test(waiting, a_fiber_may_cancel_itself);
	tcase_add_test(waiting,
	    who_is_cancelled_before_its_first_run_does_run);
	tcase_add_test(waiting, who_is_cancelled_while_it_yields_learns_it);
	tcase_add_test(joining,
	    join_under_cancel_cancels_the_child_and_really_waits);
	tcase_add_test(joining,
	    a_cancelled_parent_cancels_the_child_that_it_joins);
	tcase_add_test(joining, parent_cancelled_and_child_ended_in_one_turn);
	tcase_add_test(joining, cancelling_what_has_ended_does_nothing);
	tcase_add_test(shields,
	    shields_nest_and_the_last_one_down_lets_it_through);
	tcase_add_test(shields,
	    cleanup_may_wait_behind_a_shield_again_and_again);
	return run_all(suite);
}
