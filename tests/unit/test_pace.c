/*
 * test_pace.c - how slow a peer may be: silence, rate, and their limits.
 */
#include "worker/conn/pace.h"

#include "tests/unit/test_fiber.h"

#define BUDGET_BLOCKS (BLOCK_BUDGET / BLOCK_BODY_SIZE)

static void *all[BUDGET_BLOCKS];

static void open_all(void)
{
	make_loop();
	block_init();
}

static void close_all(void)
{
	while (block_bodies_held() > 0)
		block_give_body(all[block_bodies_held() - 1]);
	block_free_all();
	free_loop();
}

static void take_bodies(void *arg)
{
	(void)arg;
	while (block_bodies_held() < BUDGET_BLOCKS)
		MUST(block_take_body(&all[block_bodies_held()],
			 DEADLINE_NEVER) == 0);
}

START_TEST(silence_is_allowed_for_its_time)
{
	ck_assert_int_eq(pace_begin().left, PACE_SILENCE);
}
END_TEST

START_TEST(bytes_earn_time_by_the_rate)
{
	struct pace pace = {-5 * USEC_PER_SEC};

	pace_moved(&pace, 0);
	ck_assert_int_eq(pace.left, -5 * USEC_PER_SEC);
	pace_moved(&pace, 1);
	ck_assert_int_eq(pace.left,
	    -5 * USEC_PER_SEC + USEC_PER_SEC / PACE_RATE);
	pace_moved(&pace, 2 * PACE_RATE - 1);
	ck_assert_int_le(pace.left, -3 * USEC_PER_SEC);
	ck_assert_int_gt(pace.left, -3 * USEC_PER_SEC - 10);
}
END_TEST

START_TEST(nobody_saves_time_up)
{
	struct pace pace = pace_begin();

	pace_moved(&pace, 1);
	ck_assert_int_eq(pace.left, PACE_SILENCE);
	pace_moved(&pace, (size_t)1 << 40);
	ck_assert_int_eq(pace.left, PACE_SILENCE);
}
END_TEST

START_TEST(only_time_that_was_waited_is_taken_off)
{
	struct pace pace = pace_begin();

	pace_waited(&pace, loop_now());
	ck_assert_int_eq(pace.left, PACE_SILENCE);
	pace_waited(&pace, loop_now() - 7 * USEC_PER_SEC);
	ck_assert_int_eq(pace.left, PACE_SILENCE - 7 * USEC_PER_SEC);
	pace_waited(&pace, loop_now() - 40 * USEC_PER_SEC);
	ck_assert_int_lt(pace.left, 0);
	pace_moved(&pace, (size_t)1 << 30);
	ck_assert_int_eq(pace.left, PACE_SILENCE);
}
END_TEST

START_TEST(when_memory_is_scarce_everybody_has_to_hurry)
{
	struct pace pace = pace_begin();

	MUST(fiber_start("test", take_bodies, NULL));
	turn_until_idle();
	ck_assert(block_is_scarce());
	pace_moved(&pace, 1);
	ck_assert_int_eq(pace.left, PACE_HURRIED_SILENCE);
	pace.left = 0;
	pace_moved(&pace, PACE_HURRIED_RATE);
	ck_assert_int_eq(pace.left, USEC_PER_SEC);
	while (block_bodies_held() > BUDGET_BLOCKS / 2)
		block_give_body(all[block_bodies_held() - 1]);
	ck_assert(!block_is_scarce());
	pace_moved(&pace, PACE_RATE);
	ck_assert_int_eq(pace.left, 2 * USEC_PER_SEC);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pace");
	TCase *tcase = tcase_create("pace");

	tcase_add_checked_fixture(tcase, open_all, close_all);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, silence_is_allowed_for_its_time);
	tcase_add_test(tcase, bytes_earn_time_by_the_rate);
	tcase_add_test(tcase, nobody_saves_time_up);
	tcase_add_test(tcase, only_time_that_was_waited_is_taken_off);
	tcase_add_test(tcase, when_memory_is_scarce_everybody_has_to_hurry);
	return run_all(suite);
}
