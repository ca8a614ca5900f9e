/*
 * test_sticky_table.c - the stick table: what is found again, what gives way,
 * and what is left when a process dies or stops inside of it.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/seat.h"
#include "common/shm/sticky.h"

#define SIZE ((uint64_t)256 * 1024)
#define TTL USEC_PER_SEC

static struct area area;
static usec_t now;

static void setup(void)
{
	struct area_shape shape = sticky_shape(SIZE);

	ck_assert_int_eq(area_create(&shape, &area), 0);
	ck_assert_uint_le(shape.size, SIZE);
	ck_assert_uint_gt(shape.size, SIZE * 9 / 10);
	sticky_create(area.table, SIZE);
	sticky_enter(area.table, shape.size);
	now = 1000 * USEC_PER_SEC;
}

static void teardown(void)
{
	area_close(&area);
}

static uint64_t counted(enum counter which)
{
	return atomic_load(&seat_mine()->counters[which]);
}

/* The I-th key of one set: all bits that choose a place are the same. */
static struct hash_id in_set(uint64_t i)
{
	return (struct hash_id){{5 + STICKY_SHARDS * i,
	    UINT64_C(0x7700000000000000) + i}};
}

static struct hash_id anywhere(uint64_t i)
{
	static const struct hash_key key = {{3, 4}};

	return (struct hash_id){
	    {hash_bytes(&key, &i, 8), hash_bytes(&key, &i, 7)}};
}

static uint64_t find(struct hash_id key)
{
	return sticky_find(key, now, TTL);
}

static void put(struct hash_id key, uint64_t server)
{
	sticky_put(key, STICKY_ANY, server, now, TTL);
}

START_TEST(a_new_table_knows_nobody)
{
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(find(anywhere(i)), 0);
	ck_assert_uint_eq(find((struct hash_id){{0, 0}}), 0);
}
END_TEST

START_TEST(what_was_put_is_found_wherever_it_stands)
{
	for (uint64_t i = 0; i < 1000; i++)
		put(anywhere(i), i + 1);
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(find(anywhere(i)), i + 1);
	ck_assert_uint_eq(find(anywhere(1000)), 0);
}
END_TEST

START_TEST(extreme_keys_are_inside)
{
	static const uint64_t words[] = {0, 1, UINT64_MAX, UINT64_MAX - 1,
	    UINT64_C(1) << 63, UINT32_MAX};

	for (int a = 0; a < 6; a++)
		for (int b = 0; b < 6; b++)
			put((struct hash_id){{words[a], words[b]}}, 1);
	for (int a = 0; a < 6; a++)
		for (int b = 0; b < 6; b++)
			ck_assert_uint_eq(find((struct hash_id){
			    {words[a], words[b]}}), 1);
}
END_TEST

START_TEST(the_last_word_holds)
{
	put(in_set(1), 10);
	put(in_set(2), 20);
	put(in_set(1), 11);
	ck_assert_uint_eq(find(in_set(1)), 11);
	ck_assert_uint_eq(find(in_set(2)), 20);
}
END_TEST

START_TEST(of_two_at_once_the_first_holds)
{
	ck_assert_uint_eq(find(in_set(1)), 0);
	sticky_put(in_set(1), 0, 10, now, TTL);
	sticky_put(in_set(1), 0, 20, now, TTL);
	ck_assert_uint_eq(find(in_set(1)), 10);
	sticky_put(in_set(1), 10, 30, now, TTL);
	sticky_put(in_set(1), 10, 40, now, TTL);
	ck_assert_uint_eq(find(in_set(1)), 30);
}
END_TEST

START_TEST(what_is_gone_by_now_is_put_again)
{
	sticky_put(in_set(1), 10, 20, now, TTL);
	ck_assert_uint_eq(find(in_set(1)), 20);
}
END_TEST

START_TEST(it_ends_after_its_time)
{
	put(in_set(1), 10);
	now += TTL - 1;
	put(in_set(2), 20);
	now += 1;
	ck_assert_uint_eq(find(in_set(1)), 0);
	ck_assert_uint_eq(find(in_set(2)), 20);
}
END_TEST

START_TEST(being_found_makes_it_live_longer)
{
	put(in_set(1), 10);
	for (int i = 0; i < 10; i++) {
		now += TTL - 1;
		ck_assert_uint_eq(find(in_set(1)), 10);
	}
	now += TTL;
	ck_assert_uint_eq(find(in_set(1)), 0);
}
END_TEST

START_TEST(a_full_set_gives_up_its_least_recently_used)
{
	for (uint64_t i = 0; i < STICKY_WAYS; i++)
		put(in_set(i), i + 1);
	ck_assert_uint_eq(counted(COUNT_sticky_evicted), 0);
	ck_assert_uint_eq(find(in_set(0)), 1); /* so number 1 is the oldest */
	put(in_set(100), 100);
	ck_assert_uint_eq(counted(COUNT_sticky_evicted), 1);
	ck_assert_uint_eq(find(in_set(1)), 0);
	for (uint64_t i = 0; i < STICKY_WAYS; i++)
		ck_assert_uint_eq(find(in_set(i)), i == 1 ? 0 : i + 1);
	ck_assert_uint_eq(find(in_set(100)), 100);
}
END_TEST

START_TEST(what_has_expired_gives_way_first)
{
	for (uint64_t i = 0; i < STICKY_WAYS; i++)
		sticky_put(in_set(i), 0, i + 1, now,
		    i == 5 ? TTL / 2 : TTL);
	now += TTL / 2;
	put(in_set(100), 100);
	ck_assert_uint_eq(counted(COUNT_sticky_evicted), 0);
	for (uint64_t i = 0; i < STICKY_WAYS; i++)
		ck_assert_uint_eq(find(in_set(i)), i == 5 ? 0 : i + 1);
	ck_assert_uint_eq(find(in_set(100)), 100);
}
END_TEST

START_TEST(a_key_that_comes_back_is_there_once)
{
	for (int round = 0; round < 50; round++) {
		put(in_set((uint64_t)round % STICKY_WAYS), 7);
		now += TTL / 5;
	}
	for (uint64_t i = 0; i < STICKY_WAYS; i++)
		put(in_set(i), i + 1);
	for (uint64_t i = 0; i < STICKY_WAYS; i++)
		ck_assert_uint_eq(find(in_set(i)), i + 1);
	ck_assert_uint_eq(counted(COUNT_sticky_evicted), 0);
}
END_TEST

START_TEST(another_mapping_has_the_same)
{
	struct area_shape shape = sticky_shape(SIZE);
	struct area second;

	put(in_set(1), 10);
	ck_assert_int_eq(area_attach(dup(area.fd), &shape, &second), 0);
	sticky_enter(second.table, shape.size);
	ck_assert_uint_eq(find(in_set(1)), 10);
	put(in_set(2), 20);
	sticky_enter(area.table, shape.size);
	ck_assert_uint_eq(find(in_set(2)), 20);
	area_close(&second);
}
END_TEST

START_TEST(a_shape_keeps_its_size)
{
	for (uint64_t size = 64 * 1024; size < 1024 * 1024; size += 4321) {
		struct area_shape shape = sticky_shape(size);
		struct area_shape same = sticky_shape(shape.size);

		ck_assert_uint_le(shape.size, size);
		ck_assert_int_eq(memcmp(&shape, &same, sizeof(shape)), 0);
	}
}
END_TEST

START_TEST(a_new_area_takes_no_memory_before_it_is_used)
{
	size_t pages = sticky_shape(64 << 20).size / 4096;
	struct area_shape shape = sticky_shape(64 << 20);
	unsigned char *in = calloc(pages, 1);
	struct area big;
	size_t used = 0;

	ck_assert_int_eq(area_create(&shape, &big), 0);
	sticky_create(big.table, shape.size);
	ck_assert_int_eq(mincore((char *)big.table - 64, pages * 4096, in), 0);
	for (size_t i = 0; i < pages; i++)
		used += in[i] & 1;
	ck_assert_uint_le(used, 2 * STICKY_SHARDS);
	area_close(&big);
	free(in);
}
END_TEST

/* ---- dying and stopping inside ---- */

/* One shard of the area, as lock.h sees it. */
static struct lock_table its_locks(void)
{
	static usec_t shunned[STICKY_SHARDS];

	return (struct lock_table){.name = "sticky",
	    .shards = area.table,
	    .shard_size = sticky_shape(SIZE).size / STICKY_SHARDS,
	    .count = STICKY_SHARDS,
	    .shunned_until = shunned};
}

/* A child inside of the shard of in_set, which it has overwritten. */
static pid_t child_inside(void)
{
	struct lock_table t = its_locks();
	int line[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(line), 0);
	pid = fork();
	if (pid == 0) {
		void *p;

		if (lock_enter(&t, 5, &p) != LOCK_OK)
			_exit(99);
		memset((char *)p + sizeof(struct shard_lock), 0xff,
		    t.shard_size - sizeof(struct shard_lock));
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

START_TEST(who_is_killed_inside_empties_one_shard)
{
	struct hash_id elsewhere = {{6, 0}};

	put(in_set(1), 10);
	put(elsewhere, 20);
	end(child_inside());
	ck_assert_uint_eq(find(in_set(1)), 0);
	ck_assert_uint_eq(find(elsewhere), 20);
	ck_assert_uint_eq(counted(COUNT_lock_resets), 1);
	for (uint64_t i = 0; i < STICKY_WAYS; i++)
		put(in_set(i), i + 1);
	for (uint64_t i = 0; i < STICKY_WAYS; i++)
		ck_assert_uint_eq(find(in_set(i)), i + 1);
}
END_TEST

START_TEST(behind_who_is_stopped_inside_the_table_seems_empty)
{
	struct hash_id elsewhere = {{6, 0}};
	usec_t start;
	pid_t pid;

	put(in_set(1), 10);
	put(elsewhere, 20);
	pid = child_inside();
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	start = clock_mono();
	for (int i = 0; i < 100; i++) {
		ck_assert_uint_eq(find(in_set(1)), 0);
		put(in_set(2), 20);
	}
	ck_assert_uint_eq(find(elsewhere), 20);
	ck_assert_uint_eq(counted(COUNT_lock_busy), 200);
	/* 200 times 50 ms, if it waited each time. */
	ck_assert_int_lt(clock_mono() - start, 5 * USEC_PER_SEC);
	end(pid);
	ck_assert_uint_eq(find(in_set(1)), 0);
	put(in_set(1), 11);
	ck_assert_uint_eq(find(in_set(1)), 11);
}
END_TEST

/* Puts and finds for ever; what is found must be what belongs to the key. */
static void hammer(unsigned seed)
{
	for (;;) {
		uint64_t i = (uint64_t)rand_r(&seed) % 20000;
		uint64_t found = find(anywhere(i));

		if (found != 0 && found != i + 1)
			_exit(9);
		sticky_put(anywhere(i), found, i + 1, now, TTL);
	}
}

START_TEST(killing_many_at_random_never_leaves_a_wrong_answer)
{
	pid_t pids[4];
	int status;

	for (int round = 0; round < 25; round++) {
		for (unsigned i = 0; i < 4; i++) {
			pids[i] = fork();
			if (pids[i] == 0)
				hammer((unsigned)round * 4 + i);
		}
		usleep(3000);
		for (unsigned i = 0; i < 4; i++)
			kill(pids[i], SIGKILL);
		for (unsigned i = 0; i < 4; i++) {
			waitpid(pids[i], &status, 0);
			ck_assert(WIFSIGNALED(status));
		}
	}
	for (uint64_t i = 0; i < 20000; i++) {
		uint64_t found = find(anywhere(i));

		ck_assert(found == 0 || found == i + 1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sticky_table");
	SRunner *runner;
	int failed;
	TCase *tcase = tcase_create("sticky_table");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_new_table_knows_nobody);
	tcase_add_test(tcase, what_was_put_is_found_wherever_it_stands);
	tcase_add_test(tcase, extreme_keys_are_inside);
	tcase_add_test(tcase, the_last_word_holds);
	tcase_add_test(tcase, of_two_at_once_the_first_holds);
	tcase_add_test(tcase, what_is_gone_by_now_is_put_again);
	tcase_add_test(tcase, it_ends_after_its_time);
	tcase_add_test(tcase, being_found_makes_it_live_longer);
	tcase_add_test(tcase, a_full_set_gives_up_its_least_recently_used);
	tcase_add_test(tcase, what_has_expired_gives_way_first);
	tcase_add_test(tcase, a_key_that_comes_back_is_there_once);
	tcase_add_test(tcase, another_mapping_has_the_same);
	tcase_add_test(tcase, a_shape_keeps_its_size);
	tcase_add_test(tcase, a_new_area_takes_no_memory_before_it_is_used);
	tcase_add_test(tcase, who_is_killed_inside_empties_one_shard);
	tcase_add_test(tcase,
	    behind_who_is_stopped_inside_the_table_seems_empty);
	tcase_add_test(tcase,
	    killing_many_at_random_never_leaves_a_wrong_answer);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
