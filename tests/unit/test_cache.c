/*
 * test_cache.c - the store of the cache: what is found after what was done.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/shm/seat.h"
#include "tests/unit/cache_store.h"

static const char *const nothing;

static void expect_sound(void)
{
	ck_assert_pstr_eq(store_fault(), nothing);
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

START_TEST(a_new_area_knows_nothing)
{
	struct cache_found f;

	for (unsigned i = 0; i < 100; i++) {
		ck_assert_int_eq(store_find(i, &f), CACHE_NOTHING);
		ck_assert_uint_eq(f.object.at, 0);
		ck_assert(!f.fetching);
	}
	expect_sound();
}
END_TEST

START_TEST(what_was_put_is_found_whatever_its_size)
{
	static const uint64_t sizes[] = {0, 1, 63, 64, 65, 500, 16383, 16384,
	    16385, 65536, 100000, 1 << 20, (1 << 20) + 1};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		ck_assert(store_put(i, sizes[i]));
	expect_sound();
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		expect_found(i, sizes[i]);
	cache_settle();
	expect_sound();
	ck_assert_uint_eq(cache_sum().pinned, 0);
	ck_assert_uint_eq(cache_sum().growing, 0);
}
END_TEST

START_TEST(one_claims_and_the_others_wait)
{
	struct cache_key key = store_key(1);
	struct cache_found f;
	struct cache_object a, b;

	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	ck_assert_int_eq(cache_claim(&key, NULL, f.stamp, USEC_PER_SEC, &a),
	    CACHE_CLAIMED);
	ck_assert_int_eq(cache_claim(&key, NULL, f.stamp, USEC_PER_SEC, &b),
	    CACHE_WAIT);
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	ck_assert(f.fetching);
	cache_abort(&a, 7);
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	ck_assert(!f.fetching);
	expect_sound();
}
END_TEST

START_TEST(readers_see_a_body_grow)
{
	struct cache_publish head = store_head(1, CACHE_LENGTH_UNKNOWN);
	struct cache_found f;
	struct cache_object fetch;
	uint64_t length;

	ck_assert(store_claim(1, &fetch));
	ck_assert(cache_publish(&fetch, &head));
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	ck_assert(f.growing);
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
	expect_found(1, 100005);
}
END_TEST

static void add_all(TCase *tcase)
{
	tcase_add_test(tcase, a_new_area_knows_nothing);
	tcase_add_test(tcase, what_was_put_is_found_whatever_its_size);
	tcase_add_test(tcase, one_claims_and_the_others_wait);
	tcase_add_test(tcase, readers_see_a_body_grow);
}

int main(void)
{
	Suite *suite = suite_create("cache");
	TCase *tcase = tcase_create("cache");
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
