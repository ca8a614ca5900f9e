/*
 * test_cache_crowd.c - the store of the cache when there is much to hold: what
 * gives way, and what readers and fetches may keep for themselves.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/shm/cache_purge.h"
#include "common/shm/cache_pins.h"
#include "tests/unit/cache_store.h"

static const char *const nothing;

static void expect_nothing_held(void)
{
	cache_settle();
	ck_assert_pstr_eq(store_fault(), nothing);
	ck_assert_uint_eq(cache_sum().pinned, 0);
	ck_assert_uint_eq(cache_sum().growing, 0);
}

static void purge_all(void)
{
	struct cache_match match = {.scope = CACHE_SCOPE_ALL};
	struct cache_purge p;

	cache_purge_begin(&p, &match, false);
	while (cache_purge_step(&p) == CACHE_STEP_MORE)
		;
}

START_TEST(the_cache_never_gets_full)
{
	for (unsigned i = 0; i < 3000; i++)
		ck_assert(store_put(i, i * 7919 % 200000));
	ck_assert_uint_gt(cache_sum().evicted, 2000);
	expect_nothing_held();
}
END_TEST

START_TEST(what_is_being_read_gives_no_way)
{
	struct cache_found f;

	ck_assert(store_put(1, 100000));
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	for (unsigned i = 100; i < 400; i++)
		ck_assert(store_put(i, 100000));
	ck_assert_int_eq(store_read(&f.object, 1, 0), 100000);
	cache_release(&f.object);
	expect_nothing_held();
}
END_TEST

/* Readers of one shard, on what is purged and fetched anew all the time. */
START_TEST(a_thousand_slow_readers_hold_a_quarter_at_most)
{
	static struct cache_object readers[1000];
	static unsigned of[1000];
	uint64_t quarter = cache_sum().bytes / 4;
	unsigned crowded = 0;
	struct cache_found f;

	for (unsigned i = 0; i < 5000; i++) {
		unsigned r = i * 7 % 1000;

		cache_release(&readers[r]);
		if (store_find(i % 300, &f) == CACHE_NOTHING)
			ck_assert(store_put(i % 300, 20000));
		of[r] = i % 300;
		if (store_find(of[r], &f) == CACHE_CROWDED)
			crowded++;
		readers[r] = f.object;
		if (i % 50 == 0)
			purge_all();
		ck_assert_uint_le(cache_sum().pinned, quarter);
	}
	ck_assert_uint_gt(crowded, 1000);
	for (unsigned r = 0; r < 1000; r++) {
		if (readers[r].at != 0)
			ck_assert_int_eq(
			    store_read(&readers[r], of[r], 0), 20000);
		cache_release(&readers[r]);
	}
	expect_nothing_held();
}
END_TEST

/* All room for readers is taken. */
static unsigned crowd(struct cache_object *readers, unsigned most)
{
	struct cache_found f;
	unsigned n = 0;

	while (n < most) {
		ck_assert(store_put(100 + n, 100000));
		if (store_find(100 + n, &f) != CACHE_FOUND)
			break;
		readers[n++] = f.object;
	}
	return n;
}

START_TEST(what_cannot_be_pinned_any_more_is_copied)
{
	static char body[CACHE_COPY_MAX];
	struct cache_object readers[200];
	struct cache_variant none = cache_variant_make(str_make("", 0));
	struct cache_found f;
	struct cache_key key;
	unsigned n;

	ck_assert(store_put(1, 64000));
	ck_assert(store_put(2, CACHE_COPY_MAX + 1));
	n = crowd(readers, 200);
	ck_assert_uint_lt(n, 200);
	ck_assert_int_eq(store_find(1, &f), CACHE_CROWDED);
	ck_assert_uint_eq(f.object.at, 0);
	key = store_key(1);
	ck_assert_int_eq(
	    cache_copy(&key, &none, 1, &f, body, sizeof(body)), 64000);
	ck_assert(store_is(body, 1, 0, 64000));
	ck_assert(str_eq(f.record, STR("record-1")));
	ck_assert_int_eq(cache_copy(&key, &none, 1, &f, body, 63999), -1);
	key = store_key(2);
	ck_assert_int_eq(
	    cache_copy(&key, &none, 1, &f, body, sizeof(body)), -1);
	while (n > 0)
		cache_release(&readers[--n]);
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	cache_release(&f.object);
	expect_nothing_held();
}
END_TEST

START_TEST(one_object_has_any_number_of_readers)
{
	static struct cache_object readers[5000];
	struct cache_found f;

	ck_assert(store_put(1, 100000));
	for (unsigned i = 0; i < 5000; i++) {
		ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
		readers[i] = f.object;
	}
	ck_assert_uint_le(cache_sum().pinned, 110000);
	for (unsigned i = 0; i < 5000; i++)
		cache_release(&readers[i]);
	expect_nothing_held();
}
END_TEST

START_TEST(a_process_reads_a_thousand_objects_of_a_shard_at_a_time)
{
	static struct cache_object readers[CACHE_PINS + 10];
	struct cache_found f;
	unsigned n = 0;

	for (unsigned i = 0; i < CACHE_PINS + 10; i++)
		ck_assert(store_put(i, 100));
	for (unsigned i = 0; i < CACHE_PINS + 10; i++) {
		ck_assert_int_eq(store_find(i, &f),
		    i < CACHE_PINS ? CACHE_FOUND : CACHE_CROWDED);
		readers[n++] = f.object;
	}
	for (unsigned i = 0; i < CACHE_PINS; i++)
		ck_assert_int_eq(store_read(&readers[i], i, 0), 100);
	while (n > 0)
		cache_release(&readers[--n]);
	expect_nothing_held();
	ck_assert_int_eq(store_find(5, &f), CACHE_FOUND);
	cache_release(&f.object);
}
END_TEST

START_TEST(fetches_hold_a_quarter_at_most)
{
	static struct cache_object fetches[100];
	uint64_t quarter = cache_sum().bytes / 4;
	unsigned n = 0;

	for (unsigned i = 0; i < 100; i++) {
		struct cache_publish head = store_head(i, 100000);
		struct cache_object fetch;

		ck_assert(store_claim(i, &fetch));
		if (cache_publish(&fetch, &head))
			fetches[n++] = fetch;
		else
			cache_mark(&fetch, 0, 0);
		ck_assert_uint_le(cache_sum().growing, quarter);
	}
	ck_assert_uint_lt(n, 30);
	ck_assert_uint_gt(n, 10);
	while (n > 0)
		cache_abort(&fetches[--n], 0);
	expect_nothing_held();
}
END_TEST

static void add_all(TCase *tc)
{
	tcase_add_test(tc, the_cache_never_gets_full);
	tcase_add_test(tc, what_is_being_read_gives_no_way);
	tcase_add_test(tc, a_thousand_slow_readers_hold_a_quarter_at_most);
	tcase_add_test(tc, what_cannot_be_pinned_any_more_is_copied);
	tcase_add_test(tc, one_object_has_any_number_of_readers);
	tcase_add_test(
	    tc, a_process_reads_a_thousand_objects_of_a_shard_at_a_time);
	tcase_add_test(tc, fetches_hold_a_quarter_at_most);
}

int main(void)
{
	Suite *suite = suite_create("cache_crowd");
	TCase *tcase = tcase_create("cache_crowd");
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
