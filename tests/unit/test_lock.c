/*
 * test_lock.c - robust locks: what each way of dying or stopping inside a
 * critical section means for those who come after.
 *
 * Real processes are killed and stopped here, at chosen moments; the storm in
 * tests/fault does it at random ones.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/area.h"
#include "common/shm/lock.h"
#include "common/shm/seat.h"

#define SHARDS 4

struct shard {
	struct shard_lock lock;
	int value; /* 1000: as reset left it */
	int halves[2];
};

/* Shared with children, as the area is. */
struct shared {
	unsigned resets_begun;
	bool die_in_reset;
};

static struct area area;
static struct shared *shared;
static usec_t shunned[SHARDS];
static struct lock_table table;

static void reset(void *p, const void *arg)
{
	struct shard *s = p;

	if (arg != shared)
		abort();
	shared->resets_begun++;
	s->value = 1000;
	if (shared->die_in_reset)
		raise(SIGKILL);
	s->halves[0] = s->halves[1] = 0;
}

static void setup(void)
{
	static const struct area_shape shape = {
	    .name = "test", .size = SHARDS * sizeof(struct shard)};

	ck_assert_int_eq(area_create(&shape, &area), 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	table = (struct lock_table){
	    .name = "test",
	    .shards = area.table,
	    .shard_size = sizeof(struct shard),
	    .count = SHARDS,
	    .reset = reset,
	    .arg = shared,
	    .shunned_until = shunned,
	};
	lock_table_create(&table);
}

static uint64_t counted(enum counter which)
{
	return atomic_load(&seat_mine()->counters[which]);
}

static struct shard *enter(unsigned i)
{
	void *s = NULL;

	ck_assert_int_eq(lock_enter(&table, i, &s), LOCK_OK);
	ck_assert_ptr_eq(s, table.shards + i * table.shard_size);
	return s;
}

/* For children: ck_assert writes to Check's file, which is the parent's. */
static struct shard *child_enter(unsigned i)
{
	void *s;

	if (lock_enter(&table, i, &s) != LOCK_OK)
		_exit(99);
	return s;
}

/* A child that is inside shard I, with the shard half changed. */
static pid_t child_inside(unsigned i)
{
	int line[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(line), 0);
	pid = fork();
	if (pid == 0) {
		struct shard *s = child_enter(i);

		s->value = 2000;
		s->halves[0] = 1;
		if (write(line[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(line[1]);
	ck_assert_int_eq(read(line[0], &byte, 1), 1);
	close(line[0]);
	return pid;
}

static void end(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(making_a_table_resets_every_shard)
{
	ck_assert_uint_eq(shared->resets_begun, SHARDS);
	for (unsigned i = 0; i < SHARDS; i++) {
		struct shard *s = enter(i);

		ck_assert_int_eq(s->value, 1000);
		ck_assert_uint_eq(s->lock.resets, 0);
		lock_leave(&table, i);
	}
}
END_TEST

START_TEST(held_says_whether_a_lock_is_held)
{
	ck_assert_uint_eq(lock_held(), 0);
	enter(2);
	ck_assert_uint_eq(lock_held(), 1);
	lock_leave(&table, 2);
	ck_assert_uint_eq(lock_held(), 0);
}
END_TEST

START_TEST(a_kill_inside_resets_the_shard_for_the_next)
{
	struct shard *s;
	uint64_t generation;

	s = enter(1);
	generation = s->lock.generation;
	lock_leave(&table, 1);
	end(child_inside(1));
	s = enter(1);
	ck_assert_int_eq(s->value, 1000);
	ck_assert_int_eq(s->halves[0], 0);
	ck_assert_uint_eq(s->lock.resets, 1);
	ck_assert_uint_ne(s->lock.generation, generation);
	ck_assert_uint_eq(counted(COUNT_lock_resets), 1);
	lock_leave(&table, 1);
	s = enter(1);
	ck_assert_uint_eq(s->lock.resets, 1);
	lock_leave(&table, 1);
}
END_TEST

START_TEST(a_kill_inside_leaves_other_shards_alone)
{
	struct shard *s = enter(0);

	s->value = 7;
	lock_leave(&table, 0);
	end(child_inside(1));
	s = enter(0);
	ck_assert_int_eq(s->value, 7);
	ck_assert_uint_eq(s->lock.resets, 0);
	lock_leave(&table, 0);
}
END_TEST

START_TEST(a_plain_exit_inside_counts_as_a_death)
{
	pid_t pid = fork();

	if (pid == 0) {
		child_enter(3)->value = 5;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(enter(3)->value, 1000);
	lock_leave(&table, 3);
}
END_TEST

/* A child that recovers shard 1, and is killed while it does so. */
static void die_recovering(void)
{
	pid_t pid = fork();
	int status;
	void *s;

	if (pid == 0) {
		shared->die_in_reset = true;
		_exit(lock_enter(&table, 1, &s));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	shared->die_in_reset = false;
}

START_TEST(a_kill_in_the_middle_of_a_reset_is_survived)
{
	struct shard *s;

	end(child_inside(1));
	for (int i = 0; i < 20; i++)
		die_recovering();
	ck_assert_uint_eq(shared->resets_begun, SHARDS + 20);
	s = enter(1);
	ck_assert_uint_eq(shared->resets_begun, SHARDS + 21);
	ck_assert_uint_eq(s->lock.resets, 1);
	ck_assert_int_eq(s->halves[0], 0);
	lock_leave(&table, 1);
}
END_TEST

START_TEST(a_waiter_gets_the_shard_of_a_holder_that_is_killed)
{
	pid_t holder = child_inside(1), killer = fork();

	if (killer == 0) {
		usleep(5000);
		_exit(kill(holder, SIGKILL));
	}
	/* The killer may be late on a busy machine. */
	for (void *s; lock_enter(&table, 1, &s) != LOCK_OK;)
		usleep(1000);
	ck_assert_int_eq(((struct shard *)area.table)[1].value, 1000);
	lock_leave(&table, 1);
	ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
	ck_assert_int_eq(waitpid(killer, NULL, 0), killer);
}
END_TEST

/* How long lock_enter took to say LOCK_BUSY. */
static usec_t busy_time(unsigned i)
{
	void *s = NULL;
	usec_t start = clock_mono();

	ck_assert_int_eq(lock_enter(&table, i, &s), LOCK_BUSY);
	ck_assert_ptr_null(s);
	ck_assert_uint_eq(lock_held(), 0);
	return clock_mono() - start;
}

START_TEST(waiting_for_a_stopped_holder_ends)
{
	pid_t pid = child_inside(1);

	kill(pid, SIGSTOP);
	ck_assert_int_ge(busy_time(1), LOCK_PATIENCE);
	ck_assert_uint_eq(counted(COUNT_lock_busy), 1);
	end(pid);
}
END_TEST

/* The fastest of many, for this machine may stop us at any moment. */
START_TEST(a_shard_waited_for_in_vain_is_only_tried)
{
	pid_t pid = child_inside(1);
	usec_t fastest = DEADLINE_NEVER;

	kill(pid, SIGSTOP);
	(void)busy_time(1);
	for (int i = 0; i < 50; i++) {
		usec_t took = busy_time(1);

		fastest = took < fastest ? took : fastest;
	}
	ck_assert_int_lt(fastest, LOCK_PATIENCE / 2);
	ck_assert_uint_eq(counted(COUNT_lock_busy), 51);
	end(pid);
}
END_TEST

START_TEST(shunning_is_for_a_second_and_for_one_shard)
{
	pid_t one = child_inside(1), two = child_inside(2);
	usec_t until;

	(void)busy_time(1);
	until = shunned[1];
	ck_assert_int_ge(busy_time(2), LOCK_PATIENCE);
	enter(3);
	lock_leave(&table, 3);
	while (shunned[1] == until) {
		(void)busy_time(1);
		usleep(10000);
	}
	ck_assert_int_ge(shunned[1] - until, LOCK_SHUN + LOCK_PATIENCE);
	end(one);
	end(two);
}
END_TEST

START_TEST(a_shunned_shard_is_entered_when_it_is_free)
{
	pid_t pid = child_inside(1);

	(void)busy_time(1);
	end(pid);
	ck_assert_int_eq(enter(1)->value, 1000);
	lock_leave(&table, 1);
}
END_TEST

START_TEST(a_stopped_holder_that_goes_on_has_lost_nothing)
{
	int line[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(line), 0);
	pid = fork();
	if (pid == 0) {
		child_enter(1)->value = 42;
		raise(SIGSTOP);
		lock_leave(&table, 1);
		_exit(write(line[1], "x", 1) != 1);
	}
	ck_assert_int_eq(waitpid(pid, NULL, WUNTRACED), pid);
	(void)busy_time(1);
	kill(pid, SIGCONT);
	ck_assert_int_eq(read(line[0], &byte, 1), 1);
	ck_assert_int_eq(enter(1)->value, 42);
	lock_leave(&table, 1);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

#define ROUNDS 20000

static void add_many(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct shard *s;
		void *p;

		while (lock_enter(&table, 0, &p) != LOCK_OK)
			;
		s = p;
		s->value++;
		lock_leave(&table, 0);
	}
}

START_TEST(two_processes_never_are_inside_at_once)
{
	pid_t pid = fork();

	if (pid == 0) {
		add_many();
		_exit(0);
	}
	add_many();
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(enter(0)->value, 1000 + 2 * ROUNDS);
	lock_leave(&table, 0);
}
END_TEST

static void enter_twice(void)
{
	enter(0);
	enter(1);
}

static void leave_what_is_free(void)
{
	lock_leave(&table, 0);
}

static void leave_another(void)
{
	enter(0);
	lock_leave(&table, 1);
}

static void enter_past_the_end(void)
{
	enter(SHARDS);
}

START_TEST(misuse_is_a_bug)
{
	static void (*const misuses[])(void) = {enter_twice,
	    leave_what_is_free, leave_another, enter_past_the_end};

	misuses[_i]();
}
END_TEST

START_TEST(a_child_cannot_free_what_its_parent_holds)
{
	struct shard *s = enter(0);
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		lock_leave(&table, 0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	s->value = 11;
	lock_leave(&table, 0);
	ck_assert_int_eq(enter(0)->value, 11);
	lock_leave(&table, 0);
}
END_TEST

static TCase *deaths(void)
{
	TCase *tc = tcase_create("deaths");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_kill_inside_resets_the_shard_for_the_next);
	tcase_add_test(tc, a_kill_inside_leaves_other_shards_alone);
	tcase_add_test(tc, a_plain_exit_inside_counts_as_a_death);
	tcase_add_test(tc, a_kill_in_the_middle_of_a_reset_is_survived);
	tcase_add_test(
	    tc, a_waiter_gets_the_shard_of_a_holder_that_is_killed);
	return tc;
}

static TCase *stops(void)
{
	TCase *tc = tcase_create("stops");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, waiting_for_a_stopped_holder_ends);
	tcase_add_test(tc, a_shard_waited_for_in_vain_is_only_tried);
	tcase_add_test(tc, shunning_is_for_a_second_and_for_one_shard);
	tcase_add_test(tc, a_shunned_shard_is_entered_when_it_is_free);
	tcase_add_test(tc, a_stopped_holder_that_goes_on_has_lost_nothing);
	return tc;
}

static TCase *plain(void)
{
	TCase *tc = tcase_create("plain");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, making_a_table_resets_every_shard);
	tcase_add_test(tc, held_says_whether_a_lock_is_held);
	tcase_add_test(tc, two_processes_never_are_inside_at_once);
	tcase_add_test(tc, a_child_cannot_free_what_its_parent_holds);
	tcase_add_loop_test_raise_signal(tc, misuse_is_a_bug, SIGABRT, 0, 4);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("lock");
	SRunner *r;
	int failed;

	suite_add_tcase(s, plain());
	suite_add_tcase(s, deaths());
	suite_add_tcase(s, stops());
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
