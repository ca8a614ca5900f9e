/*
 * test_shm_staples.c - the table of OCSP responses: what workers tell each
 * other, when the next is fetched, and what is left when one of them is killed.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/seat.h"
#include "common/shm/staples.h"

#define SIZE ((uint64_t)1024 * 1024)
#define SECOND USEC_PER_SEC
#define PATIENCE (25 * SECOND)
#define START (1000 * SECOND)
#define WALL (1800000000 * SECOND)

static const struct hash_id id = {{0x1234567, 0x89abcdef}};
static struct area area;
static struct staple_record known;
static struct staple_outcome said;
static unsigned changed;

static void setup(void)
{
	struct area_shape shape = staples_shape(SIZE);

	ck_assert_int_eq(area_create(&shape, &area), 0);
	staples_create(area.table, SIZE);
	staples_enter(area.table, SIZE);
	memset(&known, 0, sizeof(known));
}

static void teardown(void)
{
	area_close(&area);
}

static void say(enum staple_status status, usec_t made_at, usec_t good_until)
{
	memset(&said, 0, sizeof(said));
	said.status = status;
	said.made_at = made_at;
	said.good_until = good_until;
	said.response_n = 3;
	memcpy(said.response, "der", 3);
}

static void say_good(void)
{
	say(STAPLE_GOOD, WALL - SECOND, WALL + 7 * USEC_PER_DAY);
}

static void say_fault(enum staple_fault fault)
{
	memset(&said, 0, sizeof(said));
	said.fault = fault;
}

static uint64_t claim(usec_t now)
{
	return staples_claim(id, now, PATIENCE);
}

static bool store(uint64_t with, usec_t now)
{
	changed = 0;
	return staples_store(id, with, &said, now, WALL, &changed);
}

static void fetch(usec_t now)
{
	uint64_t ours = claim(now);

	ck_assert_uint_ne(ours, 0);
	ck_assert_uint_ne(ours, STAPLES_ALONE);
	ck_assert(store(ours, now));
}

static bool look(usec_t now)
{
	return staples_read(id, &known, now);
}

START_TEST(what_one_stores_all_staple)
{
	ck_assert(staples_is_due(&known, START, WALL));
	say_good();
	fetch(START);
	ck_assert_uint_eq(changed, STAPLE_CHANGED);
	ck_assert(look(START));
	ck_assert_uint_eq(known.response_n, 3);
	ck_assert(memcmp(known.response, "der", 3) == 0);
	ck_assert_uint_eq(known.status, STAPLE_GOOD);
	ck_assert(!look(START));
	ck_assert(!staples_is_due(&known, START, WALL));
}
END_TEST

START_TEST(only_one_fetches_at_a_time)
{
	uint64_t ours = claim(START);

	ck_assert_uint_ne(ours, 0);
	ck_assert_uint_eq(claim(START), 0);
	say_good();
	ck_assert(store(ours, START));
	ck_assert_uint_eq(claim(START), 0);
}
END_TEST

/* Made, good until, and when it is fetched again, all from now. */
static const struct {
	usec_t made;
	usec_t until;
	usec_t due;
} lives[] = {
    {0, 100 * USEC_PER_HOUR, 50 * USEC_PER_HOUR},
    {-20 * USEC_PER_HOUR, 80 * USEC_PER_HOUR, 30 * USEC_PER_HOUR},
    /* past its half already: half of what is left */
    {-80 * USEC_PER_HOUR, 20 * USEC_PER_HOUR, 10 * USEC_PER_HOUR},
    {0, 10 * SECOND, 60 * SECOND},
    {-2 * USEC_PER_HOUR, -USEC_PER_HOUR, 60 * SECOND},
};

START_TEST(it_is_fetched_again_at_half_of_its_life)
{
	say(STAPLE_GOOD, WALL + lives[_i].made, WALL + lives[_i].until);
	(void)staples_apply(&known, &said, START, WALL);
	ck_assert_int_eq(known.due - START, lives[_i].due);
}
END_TEST

START_TEST(it_is_due_at_once_when_the_wall_clock_says_that_it_is_over)
{
	say_good();
	(void)staples_apply(&known, &said, START, WALL);
	ck_assert(!staples_is_due(&known, START + SECOND, known.good_until - 1));
	ck_assert(staples_is_due(&known, START + SECOND, known.good_until));
}
END_TEST

START_TEST(failures_back_off_to_an_hour_and_take_nothing_away)
{
	usec_t now = START, before = 0;

	say_good();
	(void)staples_apply(&known, &said, now, WALL);
	say_fault(STAPLE_connect);
	ck_assert_uint_eq(staples_apply(&known, &said, now, WALL),
	    STAPLE_BROKE);
	ck_assert_int_eq(known.due - now, SECOND);
	for (int i = 0; i < 20; i++) {
		before = known.due - now;
		now = known.due;
		ck_assert_uint_eq(staples_apply(&known, &said, now, WALL), 0);
		ck_assert_int_ge(known.due - now, before);
	}
	ck_assert_int_eq(known.due - now, 4096 * SECOND);
	ck_assert_uint_eq(known.response_n, 3);
	ck_assert_uint_eq(known.status, STAPLE_GOOD);
	say_good();
	ck_assert_uint_eq(staples_apply(&known, &said, now, WALL),
	    STAPLE_RECOVERED);
}
END_TEST

START_TEST(a_revocation_is_a_change)
{
	say_good();
	(void)staples_apply(&known, &said, START, WALL);
	ck_assert_uint_eq(staples_apply(&known, &said, START, WALL), 0);
	said.status = STAPLE_REVOKED;
	ck_assert_uint_eq(staples_apply(&known, &said, START, WALL),
	    STAPLE_CHANGED);
}
END_TEST

START_TEST(the_master_sees_it_without_a_lock)
{
	struct hash_id none = {{7, 7}};
	struct staple_view view;

	ck_assert(!staples_peek(area.table, SIZE, id, &view));
	say_good();
	fetch(START);
	ck_assert(staples_peek(area.table, SIZE, id, &view));
	ck_assert_uint_eq(view.status, STAPLE_GOOD);
	ck_assert_uint_eq(view.fault, STAPLE_FINE);
	ck_assert_int_eq(view.good_until, said.good_until);
	ck_assert(!staples_peek(area.table, SIZE, none, &view));
}
END_TEST

START_TEST(who_was_killed_holds_it_up_until_it_is_given_back)
{
	int seat, status;
	pid_t pid;

	ck_assert_int_eq(seats_create(), 0);
	seat = seat_take(0, 1);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		seat_sit(seat);
		_exit(claim(START) == 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_uint_eq(claim(START + SECOND), 0);
	staples_give_back(seat, START + SECOND);
	ck_assert_uint_ne(claim(START + SECOND), 0);
}
END_TEST

START_TEST(who_was_stopped_for_too_long_changes_nothing)
{
	uint64_t late = claim(START);

	ck_assert_uint_ne(claim(START + PATIENCE), 0);
	say_good();
	ck_assert(!store(late, START + PATIENCE));
	ck_assert(!look(START + PATIENCE));
}
END_TEST

START_TEST(a_full_table_leaves_a_worker_alone_and_a_day_makes_room)
{
	unsigned alone = 0;

	for (uint64_t i = 1; i < 1000 && alone == 0; i++)
		alone = staples_claim((struct hash_id){{i, i}}, START,
		    PATIENCE) == STAPLES_ALONE;
	ck_assert_uint_eq(alone, 1);
	for (uint64_t i = 1; i < 1000; i++)
		ck_assert_uint_ne(staples_claim((struct hash_id){{i, ~i}},
		    START + (usec_t)i * 26 * USEC_PER_HOUR, PATIENCE),
		    STAPLES_ALONE);
}
END_TEST

START_TEST(a_table_that_was_emptied_takes_no_response_away)
{
	say_good();
	fetch(START);
	ck_assert(look(START));
	staples_create(area.table, SIZE);
	staples_enter(area.table, SIZE);
	ck_assert(!look(START + SECOND));
	ck_assert_uint_eq(known.response_n, 3);
	ck_assert(!staples_is_due(&known, START + SECOND, WALL));
}
END_TEST

/* Another worker has gone mad. */
START_TEST(a_length_that_lies_is_not_believed)
{
	unsigned char *p = area.table;
	static const unsigned char mark[] = {3, 0, 0, 0, 'd', 'e', 'r'};

	say_good();
	fetch(START);
	for (size_t i = 0; i + sizeof(mark) < SIZE; i++)
		if (memcmp(p + i, mark, sizeof(mark)) == 0)
			memset(p + i, 0xff, 4);
	ck_assert(!look(START));
	ck_assert_uint_eq(known.response_n, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shm_staples");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_one_stores_all_staple);
	tcase_add_test(t, only_one_fetches_at_a_time);
	tcase_add_loop_test(t, it_is_fetched_again_at_half_of_its_life, 0,
	    (int)(sizeof(lives) / sizeof(lives[0])));
	tcase_add_test(t,
	    it_is_due_at_once_when_the_wall_clock_says_that_it_is_over);
	tcase_add_test(t, failures_back_off_to_an_hour_and_take_nothing_away);
	tcase_add_test(t, a_revocation_is_a_change);
	tcase_add_test(t, the_master_sees_it_without_a_lock);
	tcase_add_test(t, who_was_killed_holds_it_up_until_it_is_given_back);
	tcase_add_test(t, who_was_stopped_for_too_long_changes_nothing);
	tcase_add_test(t,
	    a_full_table_leaves_a_worker_alone_and_a_day_makes_room);
	tcase_add_test(t, a_table_that_was_emptied_takes_no_response_away);
	tcase_add_test(t, a_length_that_lies_is_not_believed);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
