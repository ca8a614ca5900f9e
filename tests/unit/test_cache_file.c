/*
 * test_cache_file.c - the store in a file: what comes back, at what age, and
 * what is refused.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/random.h"
#include "common/shm/cache_area.h"
#include "common/shm/cache_file.h"
#include "common/shm/cache_stream.h"
#include "tests/unit/cache_store.h"

#define BUILD 77

static const char *const nothing;
static int fd;
static struct cache_filed filed;

static void setup(void)
{
	ck_assert_int_eq(random_init(), 0);
	store_setup();
	fd = memfd_create("saved", MFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
}

static void teardown(void)
{
	close(fd);
	store_teardown();
}

static void expect_sound(void)
{
	ck_assert_pstr_eq(store_fault(), nothing);
}

static void save(void)
{
	cache_settle();
	ck_assert_int_eq(store_save(fd, BUILD, &filed), 0);
}

/* The daemon begins anew, with an area of SIZE. */
static const char *load_into(uint64_t size)
{
	store_teardown();
	return store_setup_saved(size, fd, BUILD, &filed);
}

static const char *load(void)
{
	return load_into(STORE_SIZE);
}

static void expect_found(unsigned i, uint64_t length)
{
	struct cache_found f;

	ck_assert_int_eq(store_find(i, &f), CACHE_FOUND);
	ck_assert_int_eq(f.meta.length, (int64_t)length);
	ck_assert_int_eq(f.meta.status, 200);
	ck_assert(str_starts(f.record, STR("record-")));
	if (length > 0)
		ck_assert_int_eq(store_read(&f.object, i, 0), (int64_t)length);
	cache_release(&f.object);
}

static void expect_empty(void)
{
	struct cache_sums sums = cache_sum();

	ck_assert_uint_eq(sums.objects + sums.marks, 0);
	expect_sound();
	ck_assert(store_put(5000, 100));
	expect_found(5000, 100);
}

static const uint64_t sizes[] = {0, 1, 100, 16384, 16385, 70000, 1 << 20};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void put_all(void)
{
	for (unsigned i = 0; i < SIZES; i++)
		ck_assert(store_put(i, sizes[i]));
}

START_TEST(what_was_saved_is_found)
{
	put_all();
	save();
	ck_assert_uint_eq(filed.objects, SIZES);
	ck_assert_pstr_eq(load(), nothing);
	ck_assert_uint_eq(filed.objects, SIZES);
	ck_assert_uint_eq(filed.left_out, 0);
	expect_sound();
	for (unsigned i = 0; i < SIZES; i++)
		expect_found(i, sizes[i]);
	cache_settle();
	ck_assert_uint_eq(cache_sum().pinned, 0);
}
END_TEST

START_TEST(an_empty_store_is_a_file_too)
{
	save();
	ck_assert_pstr_eq(load(), nothing);
	ck_assert_uint_eq(filed.objects, 0);
	expect_empty();
}
END_TEST

START_TEST(a_larger_or_smaller_area_takes_it)
{
	for (unsigned i = 0; i < 600; i++)
		ck_assert(store_put(i, 10000));
	save();
	ck_assert_pstr_eq(load_into((uint64_t)80 << 20), nothing);
	expect_sound();
	for (unsigned i = 0; i < 600; i++)
		expect_found(i, 10000);
	save();
	ck_assert_pstr_eq(load_into(CACHE_SMALLEST), nothing);
	expect_sound();
	ck_assert_uint_gt(cache_sum().objects, 250);
	ck_assert_uint_gt(cache_sum().evicted, 100);
}
END_TEST

START_TEST(what_is_too_large_for_the_new_area_is_left_out)
{
	ck_assert(store_put(0, 1500000));
	ck_assert(store_put(1, 1000));
	save();
	ck_assert_pstr_eq(load_into(CACHE_SMALLEST), nothing);
	ck_assert_uint_eq(filed.left_out, 1);
	expect_found(1, 1000);
	expect_sound();
}
END_TEST

START_TEST(pins_claims_marks_and_what_grows_are_not_saved)
{
	struct cache_publish head = store_head(3, CACHE_LENGTH_UNKNOWN);
	struct cache_object fetch, growing, mark;
	struct cache_found f;

	put_all();
	ck_assert_int_eq(store_find(5, &f), CACHE_FOUND);
	ck_assert(store_claim(100, &fetch));
	ck_assert(store_claim(101, &growing));
	ck_assert(cache_publish(&growing, &head));
	ck_assert_uint_eq(store_write(&growing, 101, 0, 5000), 5000);
	ck_assert(store_claim(102, &mark));
	cache_mark(&mark, DEADLINE_NEVER, 1);
	save();
	ck_assert_uint_eq(filed.objects, SIZES);
	ck_assert_pstr_eq(load(), nothing);
	ck_assert_uint_eq(cache_sum().objects, SIZES);
	ck_assert_uint_eq(cache_sum().marks, 0);
	ck_assert_uint_eq(cache_sum().pinned + cache_sum().growing, 0);
	expect_sound();
}
END_TEST

/* Killed in the middle of something; nobody has reset the shard since. */
static void die_inside(unsigned shard)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)!cache_lock(shard);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(a_shard_that_somebody_died_in_is_not_saved)
{
	uint64_t size = (uint64_t)80 << 20, saved;

	store_teardown();
	store_setup_size(size);
	for (unsigned i = 0; i < 200; i++)
		ck_assert(store_put(i, 1000));
	cache_settle();
	die_inside(1);
	ck_assert_int_eq(store_save(fd, BUILD, &filed), 0);
	ck_assert_uint_gt(filed.left_out, 50);
	ck_assert_uint_eq(filed.objects + filed.left_out, 200);
	saved = filed.objects;
	ck_assert_pstr_eq(load_into(size), nothing);
	ck_assert_uint_eq(cache_sum().objects, saved);
	expect_sound();
}
END_TEST

static void put_with(unsigned i, const struct cache_meta *meta)
{
	struct cache_publish head = store_head(i, 3);
	struct cache_object fetch;

	head.meta = *meta;
	head.meta.status = 200;
	head.meta.length = 3;
	ck_assert(store_claim(i, &fetch));
	ck_assert(cache_publish(&fetch, &head));
	ck_assert_uint_eq(store_write(&fetch, i, 0, 3), 3);
	cache_finish(&fetch);
}

/* As if it had been written so long ago. */
static void age_file(usec_t by)
{
	struct cache_file_head head;

	ck_assert_int_eq(pread(fd, &head, sizeof(head), 0), sizeof(head));
	head.saved -= by;
	head.sum = hash_bytes(
	    &head.secret, &head, offsetof(struct cache_file_head, sum));
	ck_assert_int_eq(pwrite(fd, &head, sizeof(head), 0), sizeof(head));
}

static void expect_near(usec_t time, usec_t expected)
{
	ck_assert_int_ge(time, expected - 10 * USEC_PER_SEC);
	ck_assert_int_le(time, expected + 10 * USEC_PER_SEC);
}

START_TEST(time_goes_on_while_it_is_in_the_file)
{
	usec_t now = clock_mono(), hour = USEC_PER_HOUR;
	struct cache_meta meta = {.born = now - hour,
	    .fresh_until = now + 5 * hour,
	    .while_revalidate_until = now + 6 * hour,
	    .if_error_until = DEADLINE_NEVER};
	struct cache_found f;

	put_with(1, &meta);
	save();
	age_file(2 * hour);
	ck_assert_pstr_eq(load(), nothing);
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	expect_near(f.meta.born, now - 3 * hour);
	expect_near(f.meta.fresh_until, now + 3 * hour);
	expect_near(f.meta.while_revalidate_until, now + 4 * hour);
	ck_assert_int_eq(f.meta.if_error_until, DEADLINE_NEVER);
	cache_release(&f.object);
}
END_TEST

START_TEST(the_order_of_giving_way_is_kept)
{
	for (unsigned i = 0; i < 300; i++)
		ck_assert(store_put(i, 10000));
	for (unsigned i = 0; i < 50; i++)
		expect_found(i, 10000);
	save();
	ck_assert_pstr_eq(load(), nothing);
	for (unsigned i = 1000; i < 1600; i++)
		ck_assert(store_put(i, 10000));
	for (unsigned i = 0; i < 50; i++)
		expect_found(i, 10000);
}
END_TEST

/* ---- what is refused ---- */

START_TEST(another_build_is_refused)
{
	put_all();
	ck_assert_int_eq(store_save(fd, BUILD + 1, &filed), 0);
	ck_assert_str_eq(load(), "another build of sluiced wrote it");
	expect_empty();
}
END_TEST

START_TEST(the_future_is_refused)
{
	put_all();
	save();
	age_file(-10 * 60 * USEC_PER_SEC);
	ck_assert_str_eq(
	    load(), "it is of the future, by this machine's clock");
	expect_empty();
}
END_TEST

START_TEST(an_empty_or_foreign_file_is_refused)
{
	static char noise[4096];

	ck_assert_str_eq(load(), "it is too short");
	expect_empty();
	memset(noise, 'x', sizeof(noise));
	ck_assert_int_eq(pwrite(fd, noise, sizeof(noise), 0), sizeof(noise));
	ck_assert_str_eq(load(), "it is no saved cache, or not whole");
	expect_empty();
}
END_TEST

START_TEST(a_file_without_its_seal_is_refused)
{
	char nothing_at_all[512] = {0};

	put_all();
	save();
	ck_assert_int_eq(pwrite(fd, nothing_at_all, 512, 0), 512);
	ck_assert_str_eq(load(), "it is no saved cache, or not whole");
	expect_empty();
}
END_TEST

START_TEST(a_cut_file_is_refused)
{
	put_all();
	save();
	ck_assert_int_eq(ftruncate(fd, lseek(fd, 0, SEEK_END) - 1), 0);
	ck_assert_str_eq(load(), "it has another size than its seal says");
	expect_empty();
}
END_TEST

/* One bit anywhere, in the head or in a block. */
START_TEST(a_bit_that_has_changed_is_seen)
{
	off_t size;

	put_all();
	save();
	size = lseek(fd, 0, SEEK_END);
	for (int i = 0; i < 100; i++) {
		off_t at = (off_t)(random_u64() % (uint64_t)size);
		unsigned char c;

		if (at >= (off_t)sizeof(struct cache_file_head) &&
		    at < CACHE_BLOCK_SIZE)
			continue; /* nobody reads that */
		ck_assert_int_eq(pread(fd, &c, 1, at), 1);
		c ^= (unsigned char)(1 << i % 8);
		ck_assert_int_eq(pwrite(fd, &c, 1, at), 1);
		ck_assert_ptr_nonnull(load());
		expect_empty();
		c ^= (unsigned char)(1 << i % 8);
		ck_assert_int_eq(pwrite(fd, &c, 1, at), 1);
	}
	ck_assert_pstr_eq(load(), nothing);
	ck_assert_uint_eq(filed.objects, SIZES);
}
END_TEST

/* Blocks whose sums are right and whose content is not. */
START_TEST(no_number_in_it_is_believed)
{
	static struct cache_stream s;
	static char noise[200000];

	for (int i = 0; i < 200; i++) {
		struct cache_file_head head;
		struct cache_file_head *h = &head;

		ck_assert_int_eq(store_save(fd, BUILD, &filed), 0);
		ck_assert_pstr_eq(cache_stream_open(&s, fd, h), nothing);
		ck_assert_int_eq(cache_stream_create(&s, fd), 0);
		random_fill(noise, sizeof(noise));
		for (size_t at = 0; at + 8 < sizeof(noise); at += 8)
			if (random_u64() % 3 != 0)
				memset(noise + at, 0, 7);
		cache_stream_put(&s, noise, sizeof(noise));
		head.objects = 1 + random_u64() % 3;
		ck_assert_int_eq(cache_stream_seal(&s, h), 0);
		if (load() != NULL)
			expect_empty();
		else
			expect_sound();
	}
}
END_TEST

START_TEST(a_disk_that_is_full_is_told)
{
	int full = open("/dev/full", O_RDWR | O_CLOEXEC);

	put_all();
	ck_assert_int_eq(store_save(full, BUILD, &filed), -ENOSPC);
	close(full);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_file");
	TCase *tcase = tcase_create("cache_file");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_was_saved_is_found);
	tcase_add_test(tcase, an_empty_store_is_a_file_too);
	tcase_add_test(tcase, a_larger_or_smaller_area_takes_it);
	tcase_add_test(tcase, what_is_too_large_for_the_new_area_is_left_out);
	tcase_add_test(tcase, pins_claims_marks_and_what_grows_are_not_saved);
	tcase_add_test(tcase, a_shard_that_somebody_died_in_is_not_saved);
	tcase_add_test(tcase, time_goes_on_while_it_is_in_the_file);
	tcase_add_test(tcase, the_order_of_giving_way_is_kept);
	tcase_add_test(tcase, another_build_is_refused);
	tcase_add_test(tcase, the_future_is_refused);
	tcase_add_test(tcase, an_empty_or_foreign_file_is_refused);
	tcase_add_test(tcase, a_file_without_its_seal_is_refused);
	tcase_add_test(tcase, a_cut_file_is_refused);
	tcase_add_test(tcase, a_bit_that_has_changed_is_seen);
	tcase_add_test(tcase, no_number_in_it_is_believed);
	tcase_add_test(tcase, a_disk_that_is_full_is_told);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
