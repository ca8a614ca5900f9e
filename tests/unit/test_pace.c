/*
 * test_pace.c - how slow a peer may be: silence, rate, and their limits.
 */
#include "worker/conn/pace.h"

#include "tests/unit/test_fiber.h"

#define BUDGET ((size_t)16 * 1024 * 1024)
#define BUDGET_BLOCKS (BUDGET / BLOCK_BODY_SIZE)
#define RATE 256
#define SILENCE (30 * USEC_PER_SEC)

static const struct conf_rate rate = {RATE, SILENCE};
static void *all[BUDGET_BLOCKS];

static void open_all(void)
{
	make_loop();
	block_init(BUDGET);
}

static void give_all_but(unsigned kept)
{
	while (block_bodies_held() > kept)
		block_give_body(all[block_bodies_held() - 1]);
}

static void close_all(void)
{
	give_all_but(0);
	block_free_all();
	free_loop();
}

static void take_bodies(void *arg)
{
	(void)arg;
	while (block_bodies_held() < BUDGET_BLOCKS)
		MUST(block_take_body(&all[block_bodies_held()]) == 0);
}

static void spend_memory(void)
{
	MUST(fiber_start("test", take_bodies, NULL));
	turn_until_idle();
	ck_assert(block_is_scarce());
}

START_TEST(silence_is_allowed_for_its_time)
{
	struct pace pace = pace_begin(rate);

	ck_assert_int_eq(pace.left, SILENCE);
	ck_assert(!pace_is_over(&pace));
	pace_waited(&pace, loop_now() - SILENCE);
	ck_assert(pace_is_over(&pace));
	ck_assert(!pace.hurried);
}
END_TEST

START_TEST(bytes_earn_time_by_the_rate)
{
	struct pace pace = pace_begin(rate);

	pace.left = -5 * USEC_PER_SEC;
	pace_moved(&pace, 0);
	ck_assert_int_eq(pace.left, -5 * USEC_PER_SEC);
	pace_moved(&pace, 1);
	ck_assert_int_eq(pace.left, -5 * USEC_PER_SEC + USEC_PER_SEC / RATE);
	pace_moved(&pace, 2 * RATE - 1);
	ck_assert_int_le(pace.left, -3 * USEC_PER_SEC);
	ck_assert_int_gt(pace.left, -3 * USEC_PER_SEC - 10);
}
END_TEST

START_TEST(nobody_saves_time_up)
{
	struct pace pace = pace_begin(rate);

	pace_moved(&pace, 1);
	ck_assert_int_eq(pace.left, SILENCE);
	pace.left = 1;
	pace_moved(&pace, (size_t)1 << 40);
	ck_assert_int_eq(pace.left, SILENCE);
	ck_assert_int_eq(pace.hurry, PACE_HURRIED_SILENCE);
}
END_TEST

START_TEST(only_time_that_was_waited_is_taken_off)
{
	struct pace pace = pace_begin(rate);

	pace_waited(&pace, loop_now());
	ck_assert_int_eq(pace.left, SILENCE);
	pace_waited(&pace, loop_now() - 7 * USEC_PER_SEC);
	ck_assert_int_eq(pace.left, SILENCE - 7 * USEC_PER_SEC);
	pace_waited(&pace, loop_now() - 40 * USEC_PER_SEC);
	ck_assert_int_lt(pace.left, 0);
	pace_moved(&pace, (size_t)1 << 30);
	ck_assert_int_eq(pace.left, SILENCE);
}
END_TEST

START_TEST(without_a_rate_any_byte_restores_patience)
{
	struct pace pace = pace_of_silence(2 * USEC_PER_SEC);

	pace_waited(&pace, loop_now() - USEC_PER_SEC);
	ck_assert_int_eq(pace.left, USEC_PER_SEC);
	pace_moved(&pace, 1);
	ck_assert_int_eq(pace.left, 2 * USEC_PER_SEC);
	pace_waited(&pace, loop_now() - 2 * USEC_PER_SEC);
	ck_assert(pace_is_over(&pace));
}
END_TEST

START_TEST(when_memory_is_scarce_those_who_hold_it_have_to_hurry)
{
	struct pace pace = pace_begin(rate);

	pace_waited(&pace, loop_now() - PACE_HURRIED_SILENCE);
	pace_moved(&pace, 10);
	ck_assert(!pace_is_over(&pace));
	pace.hurry = 0;
	ck_assert(!pace_is_over(&pace));
	spend_memory();
	ck_assert(pace_is_over(&pace));
	ck_assert(pace.hurried);
	pace_moved(&pace, PACE_HURRIED_RATE);
	ck_assert_int_eq(pace.hurry, USEC_PER_SEC);
	ck_assert(!pace_is_over(&pace));
	pace.hurry = 0;
	give_all_but(BUDGET_BLOCKS / 2);
	ck_assert(!block_is_scarce());
	ck_assert(!pace_is_over(&pace));
	ck_assert(!pace.hurried);
}
END_TEST

START_TEST(who_holds_memory_looks_up_in_time)
{
	struct pace pace = pace_begin(rate);

	ck_assert_int_eq(pace_look(&pace), PACE_HURRIED_SILENCE);
	pace_waited(&pace, loop_now() - PACE_HURRIED_SILENCE);
	ck_assert_int_eq(pace_look(&pace), PACE_LOOK);
	pace.left = 10;
	ck_assert_int_eq(pace_look(&pace), 10);
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
	tcase_add_test(tcase, without_a_rate_any_byte_restores_patience);
	tcase_add_test(tcase,
	    when_memory_is_scarce_those_who_hold_it_have_to_hurry);
	tcase_add_test(tcase, who_holds_memory_looks_up_in_time);
	return run_all(suite);
}
