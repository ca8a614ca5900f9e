/*
 * test_fiber.c - the life of fibers: order, stacks, joins, fairness, limits.
 */
#include "tests/unit/test_fiber.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "common/shm/lock.h"

static char trace[64];

static void add_to_trace(void *text)
{
	ck_assert_uint_lt(strlen(trace) + strlen(text), sizeof(trace));
	strcat(trace, text);
}

START_TEST(started_fibers_run_in_order_in_the_next_turn)
{
	start(add_to_trace, "a");
	start(add_to_trace, "b");
	start(add_to_trace, "c");
	ck_assert_str_eq(trace, "");
	ck_assert_uint_eq(fiber_count(), 3);
	loop_turn(0);
	ck_assert_str_eq(trace, "abc");
	ck_assert_uint_eq(fiber_count(), 0);
}
END_TEST

static void start_another(void *arg)
{
	(void)arg;
	start(add_to_trace, "b");
	add_to_trace("a");
}

START_TEST(what_becomes_ready_in_a_turn_runs_in_the_next)
{
	start(start_another, NULL);
	start(add_to_trace, "c");
	loop_turn(0);
	ck_assert_str_eq(trace, "ac");
	loop_turn(0);
	ck_assert_str_eq(trace, "acb");
}
END_TEST

static void say_who_it_is(void *arg)
{
	struct fiber **self = arg;

	*self = fiber_self();
	ck_assert_str_eq(fiber_name(*self), "somebody");
	ck_assert(!fiber_is_cancelled());
}

START_TEST(a_fiber_knows_itself_and_the_loop_is_none)
{
	struct fiber *self = NULL;

	ck_assert_ptr_null(fiber_self());
	ck_assert(fiber_start("somebody", say_who_it_is, &self));
	loop_turn(0);
	ck_assert_ptr_nonnull(self);
	ck_assert_ptr_null(fiber_self());
}
END_TEST

static void yield_between(void *text)
{
	add_to_trace(text);
	ck_assert_int_eq(fiber_yield(), 0);
	add_to_trace(text);
}

START_TEST(yield_goes_behind_everything_that_is_ready)
{
	start(yield_between, "a");
	start(yield_between, "b");
	start(add_to_trace, "c");
	loop_turn(0);
	ck_assert_str_eq(trace, "abc");
	loop_turn(0);
	ck_assert_str_eq(trace, "abcab");
}
END_TEST

/* ---- stacks ---- */

static uintptr_t frames[64];
static unsigned frame_count;

static void note_frame(void *arg)
{
	(void)arg;
	frames[frame_count++] = (uintptr_t)__builtin_frame_address(0);
}

START_TEST(fibers_that_never_park_share_one_stack)
{
	for (unsigned i = 0; i < 64; i++)
		start(note_frame, NULL);
	loop_turn(0);
	ck_assert_uint_eq(frame_count, 64);
	for (unsigned i = 1; i < 64; i++)
		ck_assert_uint_eq(frames[i], frames[0]);
}
END_TEST

static void note_frame_and_yield(void *arg)
{
	note_frame(arg);
	fiber_yield();
}

START_TEST(fibers_that_are_parked_have_stacks_of_their_own)
{
	for (unsigned i = 0; i < 64; i++)
		start(note_frame_and_yield, NULL);
	turn_until_idle();
	for (unsigned i = 1; i < 64; i++)
		ck_assert_uint_ne(frames[i], frames[i - 1]);
	ck_assert_uint_eq(frames[0] % 16, 0);
}
END_TEST

/* ---- joins ---- */

static void sleep_and_trace(void *text)
{
	fiber_sleep_until(loop_now() + 5 * USEC_PER_MSEC);
	add_to_trace(text);
}

static void join_three(void *arg)
{
	struct fiber *slow = fiber_spawn("slow", sleep_and_trace, "s");
	struct fiber *quick = fiber_spawn("quick", add_to_trace, "q");
	struct fiber *none = NULL;

	(void)arg;
	ck_assert_uint_eq(fiber_count(), 3);
	fiber_join(&none);
	fiber_join(&slow);
	ck_assert_str_eq(trace, "qs");
	ck_assert_ptr_null(slow);
	ck_assert_uint_eq(fiber_count(), 2);
	fiber_join(&quick); /* has ended long ago */
	ck_assert_uint_eq(fiber_count(), 1);
}

START_TEST(join_waits_for_the_child_and_frees_it)
{
	start(join_three, NULL);
	turn_until_idle();
	ck_assert_str_eq(trace, "qs");
}
END_TEST

static void forget_a_child(void *arg)
{
	(void)arg;
	(void)fiber_spawn("orphan", add_to_trace, "o");
}

START_TEST(ending_without_joining_is_a_bug)
{
	start(forget_a_child, NULL);
	loop_turn(0);
}
END_TEST

/* ---- locks ---- */

#define SHARD_SIZE 256

static void reset_nothing(void *shard, const void *arg)
{
	(void)shard;
	(void)arg;
}

static void wait_with_a_lock(void *arg)
{
	struct lock_table *table = arg;
	void *shard;

	ck_assert_int_eq(lock_enter(table, 0, &shard), LOCK_OK);
	fiber_yield();
}

START_TEST(waiting_with_a_shard_lock_is_a_bug)
{
	usec_t shunned = 0;
	struct lock_table table = {.name = "test",
	    .shard_size = SHARD_SIZE,
	    .count = 1,
	    .reset = reset_nothing,
	    .shunned_until = &shunned};

	table.shards = mmap(NULL, SHARD_SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(table.shards, MAP_FAILED);
	lock_table_create(&table);
	start(wait_with_a_lock, &table);
	loop_turn(0);
}
END_TEST

/* ---- fairness ---- */

static unsigned charges, rounds_of_other;
static bool greedy_is_done;

static void charge_often(void *bytes)
{
	unsigned before = rounds_of_other;

	for (charges = 0; charges < 160; charges++) {
		MUST(fiber_charge((size_t)(uintptr_t)bytes) == 0);
		if (rounds_of_other != before)
			break;
	}
	greedy_is_done = true;
}

static void count_rounds(void *arg)
{
	(void)arg;
	while (!greedy_is_done) {
		rounds_of_other++;
		fiber_yield();
	}
}

START_TEST(sixteen_calls_without_parking_let_others_run)
{
	start(charge_often, 0);
	start(count_rounds, NULL);
	turn_until_idle();
	ck_assert_uint_eq(charges, 15); /* the sixteenth saw it */
}
END_TEST

START_TEST(a_quarter_mebibyte_without_parking_lets_others_run)
{
	start(charge_often, (void *)(uintptr_t)65536);
	start(count_rounds, NULL);
	turn_until_idle();
	ck_assert_uint_eq(charges, 3);
}
END_TEST

static void park_between_charges(void *arg)
{
	unsigned before;

	(void)arg;
	for (unsigned i = 0; i < 15; i++)
		fiber_charge(10000);
	fiber_sleep_until(loop_now() + USEC_PER_MSEC);
	before = rounds_of_other;
	for (unsigned i = 0; i < 15; i++)
		fiber_charge(10000);
	ck_assert_uint_eq(rounds_of_other, before);
	greedy_is_done = true;
}

START_TEST(parking_starts_the_account_anew)
{
	start(park_between_charges, NULL);
	start(count_rounds, NULL);
	turn_until_idle();
	ck_assert(greedy_is_done);
}
END_TEST

/* ---- many ---- */

static unsigned long ended;

static void count_the_end(void *arg)
{
	(void)arg;
	ended++;
}

START_TEST(a_hundred_thousand_one_after_the_other)
{
	for (unsigned i = 0; i < 100000; i++) {
		start(count_the_end, NULL);
		if (i % 100 == 99)
			loop_turn(0);
	}
	turn_until_idle();
	ck_assert_uint_eq(ended, 100000);
}
END_TEST

static struct cond gate;
static unsigned rooms;

static void wait_at_the_gate(void *arg)
{
	(void)arg;
	MUST(cond_wait(&gate, DEADLINE_NEVER) == 0);
	ended++;
}

static void note_room(void)
{
	rooms++;
	ck_assert_uint_lt(fiber_count(), FIBER_MAX);
	start(count_the_end, NULL);
}

START_TEST(all_alive_at_once_then_refused_until_there_is_room)
{
	cond_init(&gate);
	fiber_on_room(note_room);
	for (unsigned i = 0; i < FIBER_MAX; i++)
		start(wait_at_the_gate, NULL);
	loop_turn(0);
	ck_assert_uint_eq(fiber_count(), FIBER_MAX);
	ck_assert(!fiber_start("one too many", count_the_end, NULL));
	ck_assert(!fiber_start("two too many", count_the_end, NULL));
	loop_turn(0);
	ck_assert_uint_eq(rooms, 0);
	cond_signal(&gate);
	loop_turn(0);
	ck_assert_uint_eq(ended, 1);
	ck_assert_uint_eq(rooms, 1);
	ck_assert_uint_eq(fiber_count(), FIBER_MAX);
	cond_broadcast(&gate);
	turn_until_idle();
	ck_assert_uint_eq(rooms, 1);
	ck_assert_uint_eq(ended, FIBER_MAX + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fiber");
	TCase *life = looping_case(suite, "life");
	TCase *many = looping_case(suite, "many");

	tcase_add_test(life, started_fibers_run_in_order_in_the_next_turn);
	tcase_add_test(life, what_becomes_ready_in_a_turn_runs_in_the_next);
	tcase_add_test(life, a_fiber_knows_itself_and_the_loop_is_none);
	tcase_add_test(life, yield_goes_behind_everything_that_is_ready);
	tcase_add_test(life, fibers_that_never_park_share_one_stack);
	tcase_add_test(life, fibers_that_are_parked_have_stacks_of_their_own);
	tcase_add_test(life, join_waits_for_the_child_and_frees_it);
	tcase_add_test_raise_signal(life, ending_without_joining_is_a_bug,
	    SIGABRT);
	tcase_add_test_raise_signal(life, waiting_with_a_shard_lock_is_a_bug,
	    SIGABRT);
	tcase_add_test(many, sixteen_calls_without_parking_let_others_run);
	tcase_add_test(many,
	    a_quarter_mebibyte_without_parking_lets_others_run);
	tcase_add_test(many, parking_starts_the_account_anew);
	tcase_add_test(many, a_hundred_thousand_one_after_the_other);
	tcase_add_test(many,
	    all_alive_at_once_then_refused_until_there_is_room);
	return run_all(suite);
}
