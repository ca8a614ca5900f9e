/*
 * test_sessions.c - the table of TLS sessions: what is found, what gives way,
 * that of all who take a thing one gets it, and what is left when a process
 * dies or stops inside.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/shm/seat.h"
#include "common/shm/sessions.h"

#define SIZE ((uint64_t)2 << 20)
#define TTL USEC_PER_SEC
#define WAYS 4

static struct area area;
static usec_t now;
static char value[SESSIONS_LARGEST];

static void setup(void)
{
	struct area_shape shape = sessions_shape(SIZE);

	ck_assert_int_eq(area_create(&shape, &area), 0);
	ck_assert_uint_le(shape.size, SIZE);
	ck_assert_uint_gt(shape.size, SIZE * 9 / 10);
	sessions_create(area.table, SIZE);
	sessions_enter(area.table, shape.size);
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
	return (struct hash_id){{5 + SESSIONS_SHARDS * i,
	    UINT64_C(0x7700000000000000) + i}};
}

static struct hash_id anywhere(uint64_t i)
{
	static const struct hash_key key = {{3, 4}};

	return (struct hash_id){
	    {hash_bytes(&key, &i, 8), hash_bytes(&key, &i, 7)}};
}

/* N bytes that nothing but I has. */
static struct str bytes_of(uint64_t i, size_t n)
{
	static char text[SESSIONS_LARGEST + 1];

	for (size_t k = 0; k < n; k++)
		text[k] = (char)(i * 31 + k * 7 + (i >> 8));
	return str_make(text, n);
}

static void put(struct hash_id key, uint64_t i, size_t n)
{
	sessions_put(key, bytes_of(i, n), now, TTL);
}

static void expect(struct hash_id key, uint64_t i, size_t n)
{
	ck_assert_int_eq(sessions_find(key, now, value), (int)n);
	ck_assert(str_eq(str_make(value, n), bytes_of(i, n)));
}

static void expect_none(struct hash_id key)
{
	ck_assert_int_eq(sessions_find(key, now, value), SESSIONS_NONE);
}

START_TEST(a_new_table_knows_nobody)
{
	for (uint64_t i = 0; i < 1000; i++)
		expect_none(anywhere(i));
	expect_none((struct hash_id){{0, 0}});
}
END_TEST

START_TEST(what_was_put_is_found_whatever_its_size)
{
	static const size_t sizes[] = {0, 1, 31, 32, 200, 351, 352, 353, 1500,
	    SESSIONS_LARGEST - 1, SESSIONS_LARGEST};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		put(anywhere(i), i, sizes[i]);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		expect(anywhere(i), i, sizes[i]);
}
END_TEST

START_TEST(a_thousand_are_found_again)
{
	for (uint64_t i = 0; i < 1000; i++)
		put(anywhere(i), i, 200);
	for (uint64_t i = 0; i < 1000; i++)
		if (sessions_find(anywhere(i), now, value) >= 0)
			expect(anywhere(i), i, 200);
	ck_assert_uint_le(counted(COUNT_sessions_evicted), 10);
}
END_TEST

START_TEST(extreme_keys_are_inside)
{
	static const uint64_t words[] = {0, 1, UINT64_MAX, UINT64_MAX - 1,
	    UINT64_C(1) << 63, UINT32_MAX};

	for (int a = 0; a < 6; a++)
		for (int b = 0; b < 6; b++) {
			struct hash_id key = {{words[a], words[b]}};

			put(key, 9, 10);
			expect(key, 9, 10);
		}
}
END_TEST

START_TEST(what_is_too_large_is_not_kept)
{
	put(in_set(1), 1, SESSIONS_LARGEST + 1);
	expect_none(in_set(1));
	ck_assert_uint_eq(counted(COUNT_sessions_large), 1);
}
END_TEST

START_TEST(the_last_word_holds_in_whatever_class)
{
	put(in_set(1), 1, 200);
	put(in_set(1), 2, 1000);
	expect(in_set(1), 2, 1000);
	put(in_set(1), 3, 0);
	expect(in_set(1), 3, 0);
	put(in_set(1), 4, 300);
	expect(in_set(1), 4, 300);
	sessions_remove(in_set(1));
	expect_none(in_set(1));
}
END_TEST

START_TEST(it_ends_after_its_time_however_often_it_is_found)
{
	put(in_set(1), 1, 200);
	now += TTL - 1;
	expect(in_set(1), 1, 200);
	expect(in_set(1), 1, 200);
	now += 1;
	expect_none(in_set(1));
}
END_TEST

START_TEST(what_is_taken_is_gone_and_wiped)
{
	char bytes[40];

	put(in_set(1), 1, 200);
	memcpy(bytes, bytes_of(1, 200).p + 100, sizeof(bytes));
	ck_assert_ptr_nonnull(memmem(area.table, SIZE / 2, bytes, 40));
	ck_assert_int_eq(sessions_take(in_set(1), now, value), 200);
	ck_assert_int_eq(sessions_take(in_set(1), now, value), SESSIONS_NONE);
	expect_none(in_set(1));
	ck_assert_ptr_null(memmem(area.table, SIZE / 2, bytes, 40));
}
END_TEST

START_TEST(what_has_expired_can_not_be_taken)
{
	put(in_set(1), 1, 0);
	now += TTL;
	ck_assert_int_eq(sessions_take(in_set(1), now, value), SESSIONS_NONE);
}
END_TEST

START_TEST(a_full_set_gives_up_its_least_recently_used)
{
	for (uint64_t i = 0; i < WAYS; i++)
		put(in_set(i), i, 200);
	ck_assert_uint_eq(counted(COUNT_sessions_evicted), 0);
	expect(in_set(0), 0, 200); /* so number 1 is the oldest */
	put(in_set(100), 100, 200);
	ck_assert_uint_eq(counted(COUNT_sessions_evicted), 1);
	expect_none(in_set(1));
	for (uint64_t i = 0; i < WAYS; i++)
		if (i != 1)
			expect(in_set(i), i, 200);
	expect(in_set(100), 100, 200);
}
END_TEST

START_TEST(what_has_expired_gives_way_first)
{
	for (uint64_t i = 0; i < WAYS; i++)
		sessions_put(in_set(i), bytes_of(i, 200), now,
		    i == 2 ? TTL / 2 : TTL);
	now += TTL / 2;
	put(in_set(100), 100, 200);
	ck_assert_uint_eq(counted(COUNT_sessions_evicted), 0);
	for (uint64_t i = 0; i < WAYS; i++)
		if (i != 2)
			expect(in_set(i), i, 200);
	expect(in_set(100), 100, 200);
}
END_TEST

START_TEST(classes_do_not_displace_each_other)
{
	for (uint64_t i = 0; i < WAYS; i++)
		put(in_set(i), i, 200);
	for (uint64_t i = 10; i < 10 + 3 * WAYS; i++) {
		put(in_set(i), i, 0);
		put(in_set(100 + i), i, 2000);
	}
	for (uint64_t i = 0; i < WAYS; i++)
		expect(in_set(i), i, 200);
}
END_TEST

START_TEST(another_mapping_has_the_same)
{
	struct area_shape shape = sessions_shape(SIZE);
	struct area second;

	put(in_set(1), 1, 300);
	ck_assert_int_eq(area_attach(dup(area.fd), &shape, &second), 0);
	sessions_enter(second.table, shape.size);
	expect(in_set(1), 1, 300);
	put(in_set(2), 2, 3000);
	sessions_enter(area.table, shape.size);
	expect(in_set(2), 2, 3000);
	area_close(&second);
}
END_TEST

START_TEST(a_shape_keeps_its_size)
{
	for (uint64_t size = 1 << 20; size < 16 << 20; size += 54321) {
		struct area_shape shape = sessions_shape(size);
		struct area_shape same = sessions_shape(shape.size);

		ck_assert_uint_le(shape.size, size);
		ck_assert_int_eq(memcmp(&shape, &same, sizeof(shape)), 0);
	}
}
END_TEST

START_TEST(every_size_holds_what_is_put_at_its_edges)
{
	for (uint64_t size = 1 << 20; size < 3 << 20; size += 98765) {
		struct area_shape shape = sessions_shape(size);
		struct hash_id last = {{UINT64_MAX, UINT64_MAX}};
		struct area a;

		ck_assert_int_eq(area_create(&shape, &a), 0);
		sessions_create(a.table, size);
		put(last, 1, SESSIONS_LARGEST);
		expect(last, 1, SESSIONS_LARGEST);
		area_close(&a);
	}
	sessions_enter(area.table, SIZE);
}
END_TEST

START_TEST(a_new_area_takes_no_memory_before_it_is_used)
{
	struct area_shape shape = sessions_shape(64 << 20);
	size_t pages = shape.size / 4096, used = 0;
	unsigned char *in = calloc(pages, 1);
	struct area big;

	ck_assert_int_eq(area_create(&shape, &big), 0);
	sessions_create(big.table, shape.size);
	ck_assert_int_eq(mincore((char *)big.table - 64, pages * 4096, in), 0);
	for (size_t i = 0; i < pages; i++)
		used += in[i] & 1;
	ck_assert_uint_le(used, 2 * SESSIONS_SHARDS);
	area_close(&big);
	free(in);
}
END_TEST

/* ---- several processes ---- */

START_TEST(of_many_who_take_it_one_gets_it)
{
	pid_t pids[4];
	int wins = 0, status;

	for (uint64_t i = 0; i < 200; i++)
		put(anywhere(i), i, 0);
	for (int p = 0; p < 4; p++) {
		pids[p] = fork();
		if (pids[p] == 0) {
			int got = 0;

			for (uint64_t i = 0; i < 200; i++)
				got += sessions_take(anywhere(i), now,
				    value) == 0;
			_exit(got);
		}
	}
	for (int p = 0; p < 4; p++) {
		waitpid(pids[p], &status, 0);
		ck_assert(WIFEXITED(status));
		wins += WEXITSTATUS(status);
	}
	ck_assert_int_eq(wins, 200);
}
END_TEST

/* A child inside of the shard of in_set, which it has overwritten. */
static pid_t child_inside(void)
{
	static usec_t shunned[SESSIONS_SHARDS];
	struct lock_table t = {.name = "sessions",
	    .shards = area.table,
	    .shard_size = sessions_shape(SIZE).size / SESSIONS_SHARDS,
	    .count = SESSIONS_SHARDS,
	    .shunned_until = shunned};
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

	put(in_set(1), 1, 200);
	put(elsewhere, 2, 200);
	end(child_inside());
	expect_none(in_set(1));
	expect(elsewhere, 2, 200);
	ck_assert_uint_eq(counted(COUNT_lock_resets), 1);
	put(in_set(1), 3, 2000);
	expect(in_set(1), 3, 2000);
}
END_TEST

START_TEST(behind_who_is_stopped_inside_the_shard_seems_empty)
{
	struct hash_id elsewhere = {{6, 0}};
	usec_t start;
	pid_t pid;

	put(in_set(1), 1, 0);
	put(elsewhere, 2, 200);
	pid = child_inside();
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	start = clock_mono();
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(sessions_take(in_set(1), now, value),
		    SESSIONS_NONE);
		put(in_set(2), 2, 200);
	}
	expect(elsewhere, 2, 200);
	ck_assert_uint_eq(counted(COUNT_lock_busy), 200);
	/* 200 times 50 ms, if it waited each time. */
	ck_assert_int_lt(clock_mono() - start, 5 * USEC_PER_SEC);
	end(pid);
	expect_none(in_set(1));
	put(in_set(1), 1, 200);
	expect(in_set(1), 1, 200);
}
END_TEST

/* Puts, finds and takes for ever; what is found must belong to the key. */
static void hammer(unsigned seed)
{
	for (;;) {
		uint64_t i = (uint64_t)rand_r(&seed) % 3000;
		size_t n = (i % 3) * 500;
		int got = i % 7 == 0
		    ? sessions_take(anywhere(i), now, value)
		    : sessions_find(anywhere(i), now, value);

		if (got >= 0 && !str_eq(str_make(value, (size_t)got),
			bytes_of(i, n)))
			_exit(9);
		put(anywhere(i), i, n);
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
	for (uint64_t i = 0; i < 3000; i++)
		if (sessions_find(anywhere(i), now, value) >= 0)
			expect(anywhere(i), i, (i % 3) * 500);
}
END_TEST

static void add_all(TCase *tcase)
{
	tcase_add_test(tcase, a_new_table_knows_nobody);
	tcase_add_test(tcase, what_was_put_is_found_whatever_its_size);
	tcase_add_test(tcase, a_thousand_are_found_again);
	tcase_add_test(tcase, extreme_keys_are_inside);
	tcase_add_test(tcase, what_is_too_large_is_not_kept);
	tcase_add_test(tcase, the_last_word_holds_in_whatever_class);
	tcase_add_test(tcase,
	    it_ends_after_its_time_however_often_it_is_found);
	tcase_add_test(tcase, what_is_taken_is_gone_and_wiped);
	tcase_add_test(tcase, what_has_expired_can_not_be_taken);
	tcase_add_test(tcase, a_full_set_gives_up_its_least_recently_used);
	tcase_add_test(tcase, what_has_expired_gives_way_first);
	tcase_add_test(tcase, classes_do_not_displace_each_other);
	tcase_add_test(tcase, another_mapping_has_the_same);
	tcase_add_test(tcase, a_shape_keeps_its_size);
	tcase_add_test(tcase, every_size_holds_what_is_put_at_its_edges);
	tcase_add_test(tcase, a_new_area_takes_no_memory_before_it_is_used);
	tcase_add_test(tcase, of_many_who_take_it_one_gets_it);
	tcase_add_test(tcase, who_is_killed_inside_empties_one_shard);
	tcase_add_test(tcase,
	    behind_who_is_stopped_inside_the_shard_seems_empty);
	tcase_add_test(tcase,
	    killing_many_at_random_never_leaves_a_wrong_answer);
}

int main(void)
{
	Suite *suite = suite_create("sessions");
	TCase *tcase = tcase_create("sessions");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	add_all(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
