/*
 * test_fiber.h - what the tests of the fiber library share: a loop for each
 * test, and turns until nothing is alive.
 */
#ifndef TESTS_UNIT_TEST_FIBER_H
#define TESTS_UNIT_TEST_FIBER_H

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "worker/fiber/fiber.h"
#include "worker/fiber/loop.h"

#define PATIENCE (30 * USEC_PER_SEC)

/* For inner loops: ck_assert leaves a mark in a file each time. */
#define MUST(cond)                                                             \
	do {                                                                   \
		if (!(cond))                                                   \
			ck_assert(!"true: " #cond);                            \
	} while (0)

static inline void turn_until_idle(void)
{
	usec_t limit = clock_mono() + PATIENCE;

	while (fiber_count() > 0 && clock_mono() < limit)
		loop_turn(10 * USEC_PER_MSEC);
	ck_assert_uint_eq(fiber_count(), 0);
}

static inline void make_loop(void)
{
	ck_assert_int_eq(loop_init(), 0);
}

static inline void free_loop(void)
{
	turn_until_idle();
	loop_free();
}

static inline void start(fiber_fn *fn, void *arg)
{
	MUST(fiber_start("test", fn, arg));
}

/* A case each of whose tests gets a fresh loop and leaves none behind. */
static inline TCase *looping_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, make_loop, free_loop);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return tcase;
}

static inline int run_all(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
