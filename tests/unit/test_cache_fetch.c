/*
 * test_cache_fetch.c - the store of the cache: a body comes, a 304
 * comes, and who waits is woken.
 */
#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/shm/seat.h"
#include "common/shm/wake.h"
#include "tests/unit/cache_store.h"

#define LONG (100 * USEC_PER_SEC)

static const char *const nothing;

static void expect_sound(void)
{
	ck_assert_pstr_eq(store_fault(), nothing);
}

static uint64_t stamp_of(unsigned i)
{
	struct cache_found f;

	(void)store_find(i, &f);
	cache_release(&f.object);
	return f.stamp;
}

static enum cache_claim claim(unsigned i, const struct cache_variant *variant,
    usec_t patience, struct cache_object *fetch_r)
{
	uint64_t stamp = stamp_of(i);
	struct cache_key key = store_key(i);

	return cache_claim(&key, variant, stamp, patience, fetch_r);
}

/* ---- bodies ---- */

static void begin(unsigned i, int64_t length, struct cache_object *fetch_r,
    struct cache_found *f)
{
	struct cache_publish head = store_head(i, length);

	ck_assert(store_claim(i, fetch_r));
	ck_assert(cache_publish(fetch_r, &head));
	ck_assert_int_eq(store_find(i, f), CACHE_FOUND);
	ck_assert(f->growing);
}

START_TEST(readers_see_a_body_grow)
{
	struct cache_found f;
	struct cache_object fetch;
	uint64_t length;

	begin(1, CACHE_LENGTH_UNKNOWN, &fetch, &f);
	ck_assert_int_eq(store_read(&f.object, 1, 0), 0);
	ck_assert_uint_eq(store_write(&fetch, 1, 0, 100000), 100000);
	ck_assert_int_eq(store_read(&f.object, 1, 0), 100000);
	ck_assert(!cache_is_whole(&f.object, &length));
	ck_assert_uint_eq(store_write(&fetch, 1, 100000, 5), 5);
	ck_assert_int_eq(store_read(&f.object, 1, 99999), 6);
	cache_finish(&fetch);
	ck_assert(cache_is_whole(&f.object, &length));
	ck_assert_uint_eq(length, 100005);
	cache_release(&f.object);
	expect_sound();
}
END_TEST

START_TEST(what_was_taken_too_much_is_given_back_in_the_end)
{
	uint64_t before = cache_sum().free, after;

	struct cache_found f;
	struct cache_object fetch;

	begin(1, CACHE_LENGTH_UNKNOWN, &fetch, &f);
	ck_assert_uint_eq(store_write(&fetch, 1, 0, 10), 10);
	cache_finish(&fetch);
	cache_release(&f.object);
	cache_settle();
	after = cache_sum().free;
	ck_assert_uint_le(before - after, 512);
	expect_sound();
}
END_TEST

START_TEST(more_than_was_announced_has_no_room)
{
	struct cache_found f;
	struct cache_object fetch;
	size_t n;

	begin(1, 40000, &fetch, &f);
	ck_assert_uint_eq(store_write(&fetch, 1, 0, 50000), 40000);
	ck_assert_ptr_null(cache_room(&fetch, 1, &n));
	ck_assert_uint_eq(n, 0);
	cache_finish(&fetch);
	cache_release(&f.object);
}
END_TEST

START_TEST(who_reads_what_breaks_off_is_told_at_its_end)
{
	struct cache_found f;
	struct cache_object fetch;
	struct str piece;

	begin(1, 40000, &fetch, &f);
	ck_assert_uint_eq(store_write(&fetch, 1, 0, 100), 100);
	cache_abort(&fetch, 9);
	ck_assert_int_eq(cache_read(&f.object, 0, &piece), 1);
	ck_assert_uint_eq(piece.n, 100);
	ck_assert_int_eq(cache_read(&f.object, 100, &piece), -1);
	cache_release(&f.object);
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	cache_settle();
	expect_sound();
	ck_assert_uint_eq(cache_sum().pinned + cache_sum().growing, 0);
}
END_TEST

START_TEST(what_grows_beyond_all_room_ends_for_its_readers)
{
	uint64_t most = cache_largest_here();
	struct cache_found f;
	struct cache_object fetch;

	begin(1, CACHE_LENGTH_UNKNOWN, &fetch, &f);
	ck_assert_uint_lt(store_write(&fetch, 1, 0, 2 * most), most);
	cache_abort(&fetch, 1);
	cache_release(&f.object);
	expect_sound();
}
END_TEST

/* ---- 304 ---- */

static bool refresh(unsigned i, struct str record)
{
	struct cache_variant none = cache_variant_make(str_make("", 0));
	struct cache_meta meta = store_head(i, 77).meta;
	struct cache_object fetch;
	struct cache_found f;
	bool renewed;

	(void)store_find(i, &f);
	ck_assert(store_claim(i, &fetch));
	meta.fresh_until = 4242;
	meta.complete = 99;
	renewed = cache_refresh(&fetch, &f.object, &none, &meta, record);
	ck_assert_uint_eq(fetch.at, 0);
	cache_release(&f.object);
	return renewed;
}

START_TEST(a_304_changes_record_and_meta_of_a_living_object)
{
	static char text[3000];
	struct cache_found reader, f;

	memset(text, 'x', sizeof(text));
	ck_assert(store_put(1, 30000));
	ck_assert_int_eq(store_find(1, &reader), CACHE_FOUND);
	for (size_t n = 0; n <= sizeof(text); n += 250) {
		ck_assert(refresh(1, str_make(text, n)));
		ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
		ck_assert(str_eq(f.record, str_make(text, n)));
		ck_assert_int_eq(f.meta.fresh_until, 4242);
		ck_assert_int_eq(f.meta.length, 30000);
		ck_assert_uint_eq(f.meta.complete, 0);
		cache_release(&f.object);
		expect_sound();
	}
	ck_assert_int_eq(store_read(&reader.object, 1, 0), 30000);
	cache_release(&reader.object);
	ck_assert_uint_eq(cache_sum().objects, 1);
	ck_assert_uint_eq(cache_sum().marks, 0);
}
END_TEST

START_TEST(a_304_for_what_was_replaced_is_not_for_that)
{
	struct cache_variant none = cache_variant_make(str_make("", 0));
	struct cache_object fetch;
	struct cache_found old, f;

	ck_assert(store_put(1, 30000));
	ck_assert_int_eq(store_find(1, &old), CACHE_FOUND);
	ck_assert(store_put(1, 20000));
	ck_assert(store_claim(1, &fetch));
	ck_assert(!cache_refresh(&fetch, &old.object, &none, &old.meta,
	    STR("record")));
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	ck_assert(!str_eq(f.record, STR("record")));
	ck_assert(cache_hold(&f.object, &fetch));
	cache_release(&f.object);
	ck_assert_int_eq(store_read(&fetch, 1, 0), 20000);
	cache_release(&fetch);
	cache_release(&old.object);
	expect_sound();
}
END_TEST

START_TEST(a_304_for_what_is_gone_says_so)
{
	ck_assert(!refresh(1, STR("record")));
	ck_assert_uint_eq(cache_sum().marks, 0);
	expect_sound();
}
END_TEST

/* ---- wake-ups ---- */

static bool is_woken(int msec)
{
	struct pollfd p = {.fd = wake_fd(), .events = POLLIN};
	uint64_t n;

	return poll(&p, 1, msec) == 1 && read(p.fd, &n, sizeof(n)) == 8;
}

/* A child that waits for the claim of the parent; it says so by a byte. */
static pid_t child_waits(int *seat_r, int *line_r)
{
	int line[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(line), 0);
	pid = store_fork(seat_r);
	if (pid == 0) {
		struct cache_object a;

		if (claim(1, NULL, LONG, &a) != CACHE_WAIT ||
		    write(line[1], "w", 1) != 1)
			_exit(1);
		_exit(is_woken(20000) ? 0 : 2);
	}
	ck_assert_int_eq(read(line[0], &byte, 1), 1);
	*line_r = line[0];
	return pid;
}

START_TEST(who_waits_for_a_claim_is_woken_however_it_ends)
{
	struct cache_publish head = store_head(1, 10);
	struct cache_object fetch;
	int seat, line;
	pid_t pid;

	ck_assert(store_claim(1, &fetch));
	pid = child_waits(&seat, &line);
	if (_i == 0)
		ck_assert(cache_publish(&fetch, &head));
	else if (_i == 1)
		cache_mark(&fetch, LONG, 0);
	else if (_i == 2)
		cache_abort(&fetch, 0);
	else
		ck_assert(!refresh(2, STR("")));
	if (_i == 3)
		cache_abort(&fetch, 0);
	store_reap(pid, seat);
	close(line);
}
END_TEST

START_TEST(who_waits_for_a_body_is_woken_when_it_grows)
{
	struct cache_found f;
	struct cache_object fetch;
	int line[2], seat;
	pid_t pid;
	char byte;

	begin(1, CACHE_LENGTH_UNKNOWN, &fetch, &f);
	ck_assert_int_eq(pipe(line), 0);
	pid = store_fork(&seat);
	if (pid == 0) {
		struct str piece;
		uint64_t length;

		if (store_find(1, &f) != CACHE_FOUND)
			_exit(1);
		cache_await(&f.object);
		if (cache_read(&f.object, 0, &piece) != 0 ||
		    write(line[1], "w", 1) != 1 || !is_woken(20000) ||
		    cache_read(&f.object, 0, &piece) != 1)
			_exit(2);
		cache_await(&f.object);
		if (write(line[1], "w", 1) != 1 || !is_woken(20000))
			_exit(3);
		_exit(cache_is_whole(&f.object, &length) ? 0 : 4);
	}
	ck_assert_int_eq(read(line[0], &byte, 1), 1);
	ck_assert_uint_eq(store_write(&fetch, 1, 0, 10), 10);
	ck_assert_int_eq(read(line[0], &byte, 1), 1);
	cache_finish(&fetch);
	store_reap(pid, seat);
	cache_release(&f.object);
	cache_settle();
	expect_sound();
}
END_TEST

static TCase *bodies(void)
{
	TCase *tc = tcase_create("bodies");

	tcase_add_checked_fixture(tc, store_setup, store_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, readers_see_a_body_grow);
	tcase_add_test(tc, what_was_taken_too_much_is_given_back_in_the_end);
	tcase_add_test(tc, more_than_was_announced_has_no_room);
	tcase_add_test(tc, who_reads_what_breaks_off_is_told_at_its_end);
	tcase_add_test(tc, what_grows_beyond_all_room_ends_for_its_readers);
	tcase_add_test(tc, a_304_changes_record_and_meta_of_a_living_object);
	tcase_add_test(tc, a_304_for_what_is_gone_says_so);
	tcase_add_test(tc, a_304_for_what_was_replaced_is_not_for_that);
	tcase_add_loop_test(
	    tc, who_waits_for_a_claim_is_woken_however_it_ends, 0, 4);
	tcase_add_test(tc, who_waits_for_a_body_is_woken_when_it_grows);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("cache_fetch");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, bodies());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
