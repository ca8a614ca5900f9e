/*
 * test_cache_window.c - bodies that outgrow what may be stored: readers get
 * them whole, and only a window is kept.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/shm/seat.h"
#include "tests/unit/cache_store.h"

#define WINDOW ((uint64_t)2 << 20) /* a generous one */
#define ALL ((uint64_t)30 << 20)   /* some times the area */

static const char *const nothing;

static void expect_nothing_held(void)
{
	cache_settle();
	ck_assert_pstr_eq(store_fault(), nothing);
	ck_assert_uint_eq(cache_sum().pinned, 0);
	ck_assert_uint_eq(cache_sum().growing, 0);
}

static void begin(struct cache_object *fetch_r)
{
	struct cache_publish head = store_head(1, CACHE_LENGTH_UNKNOWN);

	ck_assert(store_claim(1, fetch_r));
	ck_assert(cache_publish(fetch_r, &head));
}

static void open_reader(struct cache_object *o_r)
{
	struct cache_found f;

	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	*o_r = f.object;
}

/* One piece at most; how much. */
static uint64_t read_piece(struct cache_object *o, uint64_t at)
{
	struct str piece;

	if (cache_read(o, at, &piece) != 1)
		return 0;
	ck_assert(store_is(piece.p, 1, at, piece.n));
	cache_advance(o, at + piece.n);
	return piece.n;
}

START_TEST(readers_get_all_of_what_no_memory_could_keep)
{
	struct cache_object fetch, readers[3];
	uint64_t written = 0, at[3] = {0, 0, 0}, length;
	struct cache_found f;

	begin(&fetch);
	for (unsigned i = 0; i < 3; i++)
		open_reader(&readers[i]);
	written = store_write(&fetch, 1, 0, 1000000);
	ck_assert(cache_outgrow(&fetch));
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	while (written < ALL) {
		written += store_write(&fetch, 1, written, 50000);
		for (unsigned i = 0; i < 3; i++)
			at[i] += read_piece(&readers[i], at[i]);
		ck_assert_uint_le(cache_sum().growing, WINDOW);
	}
	cache_finish(&fetch);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t n;

		while ((n = read_piece(&readers[i], at[i])) > 0)
			at[i] += n;
		ck_assert_uint_eq(at[i], written);
		ck_assert(cache_is_whole(&readers[i], &length));
		ck_assert_uint_eq(length, written);
		cache_release(&readers[i]);
	}
	expect_nothing_held();
}
END_TEST

START_TEST(the_slowest_reader_holds_up_the_fetch)
{
	struct cache_object fetch, slow, fast;
	uint64_t written, at = 0, n;
	size_t room;

	begin(&fetch);
	open_reader(&slow);
	open_reader(&fast);
	ck_assert(cache_outgrow(&fetch));
	written = store_write(&fetch, 1, 0, ALL);
	ck_assert_uint_le(written, WINDOW);
	while ((n = read_piece(&fast, at)) > 0)
		at += n;
	ck_assert_uint_eq(at, written);
	ck_assert_ptr_null(cache_room(&fetch, 1, &room));
	cache_await(&fast);
	ck_assert_ptr_null(cache_room(&fetch, 1, &room));
	if (_i == 0) { /* it goes */
		cache_release(&slow);
	} else { /* it reads on */
		for (at = 0; (n = read_piece(&slow, at)) > 0;)
			at += n;
	}
	ck_assert_uint_gt(store_write(&fetch, 1, written, 100), 0);
	cache_release(&slow);
	cache_release(&fast);
	cache_abort(&fetch, 1);
	expect_nothing_held();
}
END_TEST

START_TEST(nobody_who_reads_it_means_that_it_need_not_go_on)
{
	struct cache_object fetch, reader;
	size_t n;

	begin(&fetch);
	open_reader(&reader);
	ck_assert(cache_outgrow(&fetch));
	ck_assert_ptr_nonnull(cache_room(&fetch, 10, &n));
	cache_release(&reader);
	ck_assert(!cache_grow(&fetch, n));
	ck_assert(!cache_outgrow(&fetch));
	cache_abort(&fetch, 1);
	expect_nothing_held();
}
END_TEST

/* A reader in another process, that says where it is and then stands. */
static pid_t stands_at(uint64_t goal, int *seat_r)
{
	int line[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(line), 0);
	pid = store_fork(seat_r);
	if (pid == 0) {
		struct cache_object reader;
		uint64_t at = 0;

		open_reader(&reader);
		while (at < goal)
			at += read_piece(&reader, at);
		if (write(line[1], "s", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	ck_assert_int_eq(read(line[0], &byte, 1), 1);
	close(line[0]);
	close(line[1]);
	return pid;
}

START_TEST(what_another_process_reads_is_kept_for_it_until_it_dies)
{
	struct cache_object fetch, reader;
	uint64_t written, at = 0, n;
	int seat;
	pid_t pid;

	begin(&fetch);
	open_reader(&reader);
	written = store_write(&fetch, 1, 0, 300000);
	pid = stands_at(200000, &seat);
	ck_assert(cache_outgrow(&fetch));
	written += store_write(&fetch, 1, written, ALL);
	ck_assert_uint_le(written, WINDOW);
	while ((n = read_piece(&reader, at)) > 0)
		at += n;
	ck_assert_uint_eq(store_write(&fetch, 1, written, 100000), 0);
	store_kill(pid, seat);
	ck_assert_uint_gt(store_write(&fetch, 1, written, 100000), 0);
	cache_release(&reader);
	cache_abort(&fetch, 1);
	expect_nothing_held();
}
END_TEST

static void add_all(TCase *tc)
{
	tcase_add_test(tc, readers_get_all_of_what_no_memory_could_keep);
	tcase_add_loop_test(
	    tc, the_slowest_reader_holds_up_the_fetch, 0, 2);
	tcase_add_test(tc, nobody_who_reads_it_means_that_it_need_not_go_on);
	tcase_add_test(
	    tc, what_another_process_reads_is_kept_for_it_until_it_dies);
}

int main(void)
{
	Suite *suite = suite_create("cache_window");
	TCase *tcase = tcase_create("cache_window");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, store_setup, store_teardown);
	tcase_set_timeout(tcase, 60);
	add_all(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
