/*
 * test_exhaustion.c - the n-th allocation fails, whichever it is.
 *
 * Each kind of exchange is played with the first call for memory failing, then
 * with the second, and so on until none failed; then the same with all calls
 * from the n-th on, and with descriptors and stacks.  The client gets an answer
 * of 5xx or a closed connection, or all is as if nothing had been; what the
 * judge (judge.h) says of an exchange holds for each of them; and afterwards
 * nothing is left, and the next exchange is served.
 */
#include <check.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "tests/torture/judge.h"
#include "tests/torture/play.h"

#define ROUNDS_MAX 2000


/* Plays P with the N-th call failing; true: it did fail. */
static bool play_failing(const struct play *p, unsigned kinds, uint64_t n,
    bool all_behind)
{
	struct actor *client;
	const char *bad;
	bool failed;

	shim.failing = kinds;
	shim.calls = 0;
	shim.fail_at = n;
	shim.fail_on = all_behind;
	client = play_begin(p);
	play_run(p, client);
	failed = shim.calls >= n;
	bad = play_bad(p, client);
	ck_assert_msg(bad == NULL, "%s, call %llu: %s", p->name,
	    (unsigned long long)n, bad);
	judge_end();
	return failed;
}

static void play_well(const struct play *p)
{
	struct actor *client;
	const char *wrong;

	shim.failing = 0;
	client = play_begin(p);
	play_run(p, client);
	wrong = play_wrong(p, client);
	ck_assert_msg(wrong == NULL, "%s: %s", p->name, wrong);
	judge_end();
}

static void try_all(const struct play *p, unsigned kinds, bool all_behind)
{
	uint64_t n = 1;

	while (play_failing(p, kinds, n, all_behind)) {
		play_well(p);
		ck_assert_uint_lt(++n, ROUNDS_MAX);
	}
}

START_TEST(nth_allocation_fails)
{
	try_all(&plays[_i], SHIM_MEMORY, false);
}
END_TEST

START_TEST(all_allocations_from_the_nth_on_fail)
{
	try_all(&plays[_i], SHIM_MEMORY, true);
}
END_TEST

START_TEST(nth_descriptor_fails)
{
	try_all(&plays[_i], SHIM_DESCRIPTORS, false);
}
END_TEST

START_TEST(all_that_can_fail_fails)
{
	try_all(&plays[_i], SHIM_MEMORY | SHIM_DESCRIPTORS | SHIM_STACKS,
	    false);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exhaustion");
	TCase *tcase = tcase_create("exhaustion");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, world_open, NULL);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, nth_allocation_fails, 0, (int)play_count);
	tcase_add_loop_test(tcase, all_allocations_from_the_nth_on_fail, 0,
	    (int)play_count);
	tcase_add_loop_test(tcase, nth_descriptor_fails, 0, (int)play_count);
	tcase_add_loop_test(tcase, all_that_can_fail_fails, 0, (int)play_count);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
