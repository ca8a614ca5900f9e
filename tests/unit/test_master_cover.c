/*
 * test_master_cover.c - who serves the sockets of which slot.
 */
#include <check.h>

#include "master/cover.h"

#define ALL 40

static bool ready[ALL];

static void be_ready(unsigned count)
{
	for (unsigned i = 0; i < ALL; i++)
		ready[i] = i < count;
}

START_TEST(a_ready_worker_serves_its_own_slot)
{
	be_ready(4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(cover_choose(i, ready, 4), (int)i);
}
END_TEST

START_TEST(a_slot_without_worker_is_served_by_the_next_one_round)
{
	be_ready(4);
	ready[1] = false;
	ck_assert_int_eq(cover_choose(1, ready, 4), 2);
	ready[3] = false;
	ck_assert_int_eq(cover_choose(3, ready, 4), 0);
	ready[2] = false;
	ck_assert_int_eq(cover_choose(1, ready, 4), 0);
}
END_TEST

START_TEST(nobody_serves_when_nobody_is_ready)
{
	be_ready(0);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(cover_choose(i, ready, 4), WORLD_NOBODY);
}
END_TEST

START_TEST(orphans_are_dealt_out_evenly)
{
	int load[3] = {0, 0, 0};

	be_ready(3);
	for (unsigned i = 0; i < 12; i++) {
		int slot = cover_choose(i, ready, 3);

		ck_assert_int_ge(slot, 0);
		ck_assert_int_lt(slot, 3);
		load[slot]++;
	}
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(load[i], 4);
}
END_TEST

START_TEST(every_socket_is_served_while_one_is_ready)
{
	for (unsigned count = 1; count <= ALL; count++)
		for (unsigned alone = 0; alone < count; alone++) {
			be_ready(0);
			ready[alone] = true;
			for (unsigned i = 0; i < ALL; i++)
				ck_assert_int_eq(cover_choose(i, ready, count),
				    (int)alone);
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("master/cover");
	TCase *tc = tcase_create("cover");
	SRunner *r;
	int failed;

	tcase_add_test(tc, a_ready_worker_serves_its_own_slot);
	tcase_add_test(tc,
	    a_slot_without_worker_is_served_by_the_next_one_round);
	tcase_add_test(tc, nobody_serves_when_nobody_is_ready);
	tcase_add_test(tc, orphans_are_dealt_out_evenly);
	tcase_add_test(tc, every_socket_is_served_while_one_is_ready);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
