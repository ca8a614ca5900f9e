/*
 * test_block.c - pooled blocks: recycled, bounded, waited for.
 */
#include "worker/conn/block.h"

#include <string.h>

#include "tests/unit/test_fiber.h"

#define BUDGET ((size_t)16 * 1024 * 1024)
#define BUDGET_BLOCKS (BUDGET / BLOCK_BODY_SIZE)

static void *all[BUDGET_BLOCKS];

static void make(void)
{
	make_loop();
	block_init(BUDGET);
}

static void unmake(void)
{
	free_loop();
	ck_assert_uint_eq(block_bodies_held(), 0);
	block_free_all();
}

static void take_bodies(void *arg)
{
	unsigned *count = arg;

	for (unsigned i = 0; i < *count; i++)
		MUST(block_take_body(&all[i]) == 0);
}

static void spend_budget(void)
{
	unsigned count = BUDGET_BLOCKS;

	start(take_bodies, &count);
	turn_until_idle();
	ck_assert_uint_eq(block_bodies_held(), BUDGET_BLOCKS);
}

static void give_all_but(unsigned kept)
{
	while (block_bodies_held() > kept)
		block_give_body(all[block_bodies_held() - 1]);
}

/* A fiber that wants a block for as long as it takes. */
struct want {
	struct fiber *fiber;
	void *block;
	int result;
};

static void want_body(void *arg)
{
	struct want *w = arg;

	w->fiber = fiber_self();
	w->result = block_take_body(&w->block);
}

static void begin_to_want(struct want *w)
{
	*w = (struct want){.result = 1};
	start(want_body, w);
	loop_turn(0);
}

START_TEST(blocks_are_recycled_last_in_first_out)
{
	void *first = block_take_head();
	void *second = block_take_head();

	ck_assert_ptr_ne(first, second);
	block_give_head(first);
	block_give_head(second);
	ck_assert_ptr_eq(block_take_head(), second);
	ck_assert_ptr_eq(block_take_head(), first);
	block_give_head(first);
	block_give_head(second);
}
END_TEST

START_TEST(blocks_are_as_large_as_they_say)
{
	unsigned one = 1;
	char *head = block_take_head();

	memset(head, 1, BLOCK_HEAD_SIZE);
	start(take_bodies, &one);
	turn_until_idle();
	memset(all[0], 2, BLOCK_BODY_SIZE);
	ck_assert_int_eq(head[BLOCK_HEAD_SIZE - 1], 1);
	block_give_head(head);
	block_give_body(all[0]);
}
END_TEST

START_TEST(many_heads_come_and_go)
{
	static void *heads[1000];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++) {
			heads[i] = block_take_head();
			memset(heads[i], i, BLOCK_HEAD_SIZE);
		}
		for (int i = 0; i < 1000; i++) {
			MUST(*(char *)heads[i] == (char)i);
			block_give_head(heads[i]);
		}
	}
}
END_TEST

START_TEST(the_budget_is_a_limit)
{
	struct want w;

	spend_budget();
	begin_to_want(&w);
	loop_turn(20 * USEC_PER_MSEC);
	ck_assert_int_eq(w.result, 1);
	ck_assert_uint_eq(block_bodies_held(), BUDGET_BLOCKS);
	give_all_but(BUDGET_BLOCKS - 1);
	turn_until_idle();
	ck_assert_int_eq(w.result, 0);
	block_give_body(w.block);
	give_all_but(0);
}
END_TEST

static unsigned rooms;

static void note_room(void)
{
	rooms++;
	(void)block_is_spent();
}

START_TEST(room_is_told_to_who_asks_until_there_is_some)
{
	rooms = 0;
	block_on_room(note_room);
	spend_budget();
	give_all_but(0);
	ck_assert_uint_eq(rooms, 0);
	spend_budget();
	ck_assert(block_is_spent());
	give_all_but(BUDGET_BLOCKS / 2);
	ck_assert_uint_eq(rooms, 1);
	ck_assert(!block_is_spent());
	give_all_but(0);
}
END_TEST

/* A block is free, but its turn has not come yet. */
START_TEST(nobody_overtakes_those_who_wait)
{
	struct want first, second, late;

	spend_budget();
	begin_to_want(&first);
	begin_to_want(&second);
	give_all_but(BUDGET_BLOCKS - 1);
	begin_to_want(&late);
	ck_assert_int_eq(first.result, 0);
	ck_assert_int_eq(late.result, 1);
	block_give_body(first.block);
	loop_turn(0);
	ck_assert_int_eq(second.result, 0);
	ck_assert_int_eq(late.result, 1);
	block_give_body(second.block);
	turn_until_idle();
	ck_assert_int_eq(late.result, 0);
	block_give_body(late.block);
	give_all_but(0);
}
END_TEST

/* Whoever waits was there before anything that has not even begun. */
START_TEST(there_is_no_room_while_somebody_waits)
{
	struct want w;

	rooms = 0;
	block_on_room(note_room);
	spend_budget();
	begin_to_want(&w);
	ck_assert(block_is_spent());
	give_all_but(BUDGET_BLOCKS - 1);
	turn_until_idle();
	ck_assert_int_eq(w.result, 0);
	ck_assert(block_is_spent());
	block_give_body(w.block);
	ck_assert(!block_is_spent());
	give_all_but(0);
}
END_TEST

START_TEST(each_block_given_back_goes_to_one_who_waits)
{
	struct want w[3];

	spend_budget();
	for (int i = 0; i < 3; i++)
		begin_to_want(&w[i]);
	give_all_but(BUDGET_BLOCKS - 2);
	loop_turn(0);
	ck_assert_int_eq(w[0].result, 0);
	ck_assert_int_eq(w[1].result, 0);
	ck_assert_int_eq(w[2].result, 1);
	block_give_body(w[0].block);
	turn_until_idle();
	ck_assert_int_eq(w[2].result, 0);
	block_give_body(w[1].block);
	block_give_body(w[2].block);
	give_all_but(0);
}
END_TEST

START_TEST(who_is_cancelled_does_not_wait_on)
{
	struct want w;

	spend_budget();
	begin_to_want(&w);
	fiber_cancel(w.fiber);
	turn_until_idle();
	ck_assert_int_eq(w.result, -ECANCELED);
	give_all_but(0);
}
END_TEST

/* The block was meant for the first, which is cancelled before it runs. */
START_TEST(who_is_cancelled_leaves_its_turn_to_the_next)
{
	struct want first, second;

	spend_budget();
	begin_to_want(&first);
	begin_to_want(&second);
	give_all_but(BUDGET_BLOCKS - 1);
	fiber_cancel(first.fiber);
	turn_until_idle();
	ck_assert_int_eq(first.result, -ECANCELED);
	ck_assert_int_eq(second.result, 0);
	block_give_body(second.block);
	give_all_but(0);
}
END_TEST

/* A quarter of the budget, and none while it is spent. */
START_TEST(some_may_be_kept_and_the_others_still_move)
{
	void *kept[BUDGET_BLOCKS / 4];

	for (unsigned i = 0; i < BUDGET_BLOCKS / 4; i++) {
		kept[i] = block_take_kept();
		ck_assert_ptr_nonnull(kept[i]);
	}
	ck_assert_ptr_null(block_take_kept());
	ck_assert_uint_eq(block_bodies_held(), BUDGET_BLOCKS / 4);
	for (unsigned i = 0; i < BUDGET_BLOCKS / 4; i++)
		block_give_kept(kept[i]);
	spend_budget();
	ck_assert_ptr_null(block_take_kept());
	give_all_but(0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("block");
	TCase *tcase = tcase_create("block");

	tcase_add_checked_fixture(tcase, make, unmake);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, blocks_are_recycled_last_in_first_out);
	tcase_add_test(tcase, blocks_are_as_large_as_they_say);
	tcase_add_test(tcase, many_heads_come_and_go);
	tcase_add_test(tcase, the_budget_is_a_limit);
	tcase_add_test(tcase, room_is_told_to_who_asks_until_there_is_some);
	tcase_add_test(tcase, there_is_no_room_while_somebody_waits);
	tcase_add_test(tcase, nobody_overtakes_those_who_wait);
	tcase_add_test(tcase, each_block_given_back_goes_to_one_who_waits);
	tcase_add_test(tcase, who_is_cancelled_does_not_wait_on);
	tcase_add_test(tcase, who_is_cancelled_leaves_its_turn_to_the_next);
	tcase_add_test(tcase, some_may_be_kept_and_the_others_still_move);
	return run_all(suite);
}
