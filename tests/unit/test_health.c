/*
 * test_health.c - claims, and the health table: what processes share, and what
 * is left of them when they are killed or stopped.
 */
#include "common/shm/health.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/area.h"
#include "common/shm/seat.h"

#define SIZE ((uint64_t)1 << 20)

static struct area area;
static pid_t children[8];
static unsigned child_count;

static struct hash_id id_of(const char *name)
{
	return hash_id_add((struct hash_id){{0, 0}}, str_from(name));
}

static void setup(void)
{
	struct area_shape shape = health_shape(SIZE);

	ck_assert_int_eq(seats_create(), 0);
	ck_assert_int_eq(wake_create(), 0);
	ck_assert_int_eq(area_create(&shape, &area), 0);
	health_create(area.table, SIZE);
	seat_sit(seat_take(0, 1));
	health_enter(area.table, SIZE);
	child_count = 0;
}

static void teardown(void)
{
	for (unsigned i = 0; i < child_count; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
}

/* A process on a seat of its own that does FN and then stops; its seat. */
static int process(void (*fn)(struct health_row *row), const char *name)
{
	int seat = seat_take(0, 1);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		seat_sit(seat);
		health_enter(area.table, SIZE);
		fn(health_attach(HEALTH_SERVER, id_of(name)));
		raise(SIGSTOP);
		_exit(0);
	}
	children[child_count++] = pid;
	ck_assert_int_eq(waitpid(pid, NULL, WUNTRACED), pid);
	return seat;
}

static void end(unsigned child)
{
	kill(children[child], SIGKILL);
	waitpid(children[child], NULL, 0);
	children[child] = children[--child_count];
}

/* ---- rows ---- */

START_TEST(one_name_is_one_row)
{
	struct health_row *a = health_attach(HEALTH_SERVER, id_of("a"));
	struct health_row *b = health_attach(HEALTH_POOL, id_of("b"));

	ck_assert_ptr_ne(a, b);
	ck_assert(!health_is_private(a));
	ck_assert_ptr_eq(health_attach(HEALTH_SERVER, id_of("a")), a);
	ck_assert_uint_eq(b->kind, HEALTH_POOL);
}
END_TEST

static void hold_three(struct health_row *row)
{
	for (int i = 0; i < 3; i++)
		health_hold(row);
	atomic_store(&row->server.latency, 1234);
}

START_TEST(what_is_in_flight_is_counted_across_processes)
{
	struct health_row *row = health_attach(HEALTH_SERVER, id_of("a"));

	health_hold(row);
	(void)process(hold_three, "a");
	(void)process(hold_three, "a");
	ck_assert_uint_eq(health_held(row), 7);
	ck_assert_uint_eq(atomic_load(&row->server.latency), 1234);
	health_release(row);
	ck_assert_uint_eq(health_held(row), 6);
}
END_TEST

START_TEST(the_counts_of_the_dead_are_given_back)
{
	struct health_row *row = health_attach(HEALTH_SERVER, id_of("a"));
	int seat = process(hold_three, "a");

	(void)process(hold_three, "a");
	end(0);
	ck_assert_uint_eq(health_held(row), 6);
	health_give_back(seat, clock_mono());
	ck_assert_uint_eq(health_held(row), 3);
}
END_TEST

/* A master that is in a hurry gives the seat to the next process at once. */
START_TEST(who_sits_down_clears_what_was_left_there)
{
	struct health_row *row = health_attach(HEALTH_SERVER, id_of("a"));
	int seat = process(hold_three, "a");

	end(0);
	seat_release(seat);
	ck_assert_int_eq(process(hold_three, "b"), seat);
	ck_assert_uint_eq(health_held(row), 0);
}
END_TEST

START_TEST(a_row_outlives_its_users)
{
	int seat = process(hold_three, "a");
	struct health_row *row;

	end(0);
	health_give_back(seat, clock_mono());
	row = health_attach(HEALTH_SERVER, id_of("a"));
	ck_assert_uint_eq(atomic_load(&row->server.latency), 1234);
}
END_TEST

/* As many as fit, and then private ones; what is detached makes room. */
START_TEST(a_full_table_means_rows_of_ones_own)
{
	struct health_row *rows[4000];
	unsigned shared = 0;
	char name[16];

	for (unsigned i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "row %u", i);
		rows[i] = health_attach(HEALTH_SERVER, id_of(name));
		shared += !health_is_private(rows[i]);
		health_hold(rows[i]);
		ck_assert_uint_eq(health_held(rows[i]), 1);
	}
	ck_assert_uint_gt(shared, 1000);
	ck_assert_uint_lt(shared, 4000);
	for (unsigned i = 0; i < 4000; i++) {
		health_release(rows[i]);
		health_detach(&rows[i]);
	}
	for (unsigned i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "next %u", i);
		rows[i] = health_attach(HEALTH_SERVER, id_of(name));
		ck_assert(!health_is_private(rows[i]));
		ck_assert_uint_eq(health_held(rows[i]), 0);
	}
}
END_TEST

START_TEST(a_row_that_is_attached_twice_is_kept_until_the_second_goes)
{
	struct health_row *a = health_attach(HEALTH_SERVER, id_of("a"));
	struct health_row *again = health_attach(HEALTH_SERVER, id_of("a"));
	struct health_row *row = a;

	health_detach(&a);
	ck_assert_uint_ne(atomic_load(&row->users[0]), 0);
	health_detach(&again);
	ck_assert_uint_eq(atomic_load(&row->users[0]), 0);
}
END_TEST

/* ---- claims ---- */

START_TEST(a_claim_is_a_timetable)
{
	claim_word word = 0;
	uint64_t mine = claim_take(&word, 5000, 2000);

	ck_assert_uint_ne(mine, 0);
	ck_assert(claim_is_mine(&word, mine));
	ck_assert_uint_eq(claim_take(&word, 6999, 2000), 0);
	ck_assert(claim_end(&word, mine, 9000));
	ck_assert_int_eq(claim_due(&word), 9000);
	ck_assert_uint_eq(claim_take(&word, 8999, 2000), 0);
	ck_assert_uint_ne(claim_take(&word, 9000, 2000), 0);
}
END_TEST

START_TEST(who_comes_back_late_has_lost_it)
{
	claim_word word = 0;
	uint64_t late = claim_take(&word, 5000, 2000);
	uint64_t mine = claim_take(&word, 7000, 2000);

	ck_assert_uint_ne(mine, 0);
	ck_assert(!claim_is_mine(&word, late));
	ck_assert(!claim_end(&word, late, 9000));
	ck_assert(claim_end(&word, mine, 9000));
}
END_TEST

static claim_word *shared_word;

static void claim_for_long(struct health_row *row)
{
	(void)row;
	if (claim_take(shared_word, clock_mono(), USEC_PER_HOUR) == 0)
		abort();
}

START_TEST(a_stopped_claimer_keeps_it_until_it_expires)
{
	shared_word = mmap(NULL, sizeof(*shared_word), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	(void)process(claim_for_long, "a");
	ck_assert_uint_eq(claim_take(shared_word, clock_mono(), 1000), 0);
	ck_assert_uint_ne(claim_take(shared_word,
	    clock_mono() + USEC_PER_HOUR + USEC_PER_MSEC, 1000), 0);
}
END_TEST

START_TEST(the_claim_of_a_killed_process_is_due_at_once)
{
	usec_t now = clock_mono();
	int seat;

	shared_word = mmap(NULL, sizeof(*shared_word), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	seat = process(claim_for_long, "a");
	end(0);
	claim_give_back(shared_word, seat + 1, now);
	ck_assert_uint_eq(claim_take(shared_word, now + USEC_PER_MSEC, 1000), 0);
	claim_give_back(shared_word, seat, now);
	ck_assert_uint_ne(claim_take(shared_word, now + USEC_PER_MSEC, 1000), 0);
}
END_TEST

/* ---- waking ---- */

static void want(struct health_row *row)
{
	uint64_t count;

	if (row->kind != HEALTH_SERVER)
		abort();
	wake_want((struct wake_set *)shared_word);
	if (read(wake_fd(), &count, sizeof(count)) >= 0)
		abort();
}

START_TEST(who_wants_to_be_woken_is)
{
	struct wake_set *set = mmap(NULL, sizeof(*set), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int seat;

	shared_word = (claim_word *)set;
	seat = process(want, "a");
	ck_assert_uint_eq(atomic_load(&set->seats[0]), UINT64_C(1) << seat);
	wake_all(set);
	wake_forget(set, seat);
	ck_assert_uint_eq(atomic_load(&set->seats[0]), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("health");
	TCase *tcase = tcase_create("health");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_name_is_one_row);
	tcase_add_test(tcase, what_is_in_flight_is_counted_across_processes);
	tcase_add_test(tcase, the_counts_of_the_dead_are_given_back);
	tcase_add_test(tcase, who_sits_down_clears_what_was_left_there);
	tcase_add_test(tcase, a_row_outlives_its_users);
	tcase_add_test(tcase, a_full_table_means_rows_of_ones_own);
	tcase_add_test(tcase,
	    a_row_that_is_attached_twice_is_kept_until_the_second_goes);
	tcase_add_test(tcase, a_claim_is_a_timetable);
	tcase_add_test(tcase, who_comes_back_late_has_lost_it);
	tcase_add_test(tcase, a_stopped_claimer_keeps_it_until_it_expires);
	tcase_add_test(tcase, the_claim_of_a_killed_process_is_due_at_once);
	tcase_add_test(tcase, who_wants_to_be_woken_is);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
