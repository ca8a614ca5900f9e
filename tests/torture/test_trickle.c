/*
 * test_trickle.c - one byte at a time, and EAGAIN everywhere.
 *
 * Each kind of exchange is played as usual, then with every descriptor of the
 * proxy giving and taking no more than a byte a call, saying EAGAIN every
 * other time, or both.  What all sides get in the end is the same.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/torture/judge.h"
#include "tests/torture/play.h"

#define MUCH 20000 /* bytes: too many to go one by one */

/* Plays P; the outcome, which the caller frees. */
static char *play_so(const struct play *p, size_t at_most, bool every_other)
{
	struct actor *client;
	const char *wrong;
	char *outcome;

	shim.at_most = at_most;
	shim.every_other = every_other;
	client = play_begin(p);
	play_run(p, client);
	wrong = play_wrong(p, client);
	ck_assert_msg(wrong == NULL, "%s: %s", p->name, wrong);
	outcome = play_outcome();
	judge_end();
	return outcome;
}

static void compare(const struct play *p, size_t at_most, bool every_other)
{
	char *usual = play_so(p, 0, false);
	char *trickled = play_so(p, at_most, every_other);

	ck_assert_msg(strcmp(usual, trickled) == 0,
	    "%s: it was\n%s\nand is\n%s", p->name, usual, trickled);
	free(usual);
	free(trickled);
}

/* Of a large body as much as takes the same number of calls. */
static size_t one_byte(const struct play *p)
{
	size_t most = p->body > p->reply_body ? p->body : p->reply_body;

	return p->tunnel || most > MUCH ? 61 : 1;
}

START_TEST(one_byte_at_a_time)
{
	compare(&plays[_i], one_byte(&plays[_i]), false);
}
END_TEST

START_TEST(eagain_every_other_time)
{
	compare(&plays[_i], 0, true);
}
END_TEST

START_TEST(one_byte_and_eagain)
{
	compare(&plays[_i], one_byte(&plays[_i]), true);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trickle");
	TCase *tcase = tcase_create("trickle");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, world_open, NULL);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, one_byte_at_a_time, 0, (int)play_count);
	tcase_add_loop_test(tcase, eagain_every_other_time, 0,
	    (int)play_count);
	tcase_add_loop_test(tcase, one_byte_and_eagain, 0, (int)play_count);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
