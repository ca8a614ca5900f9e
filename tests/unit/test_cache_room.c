/*
 * test_cache_room.c - the store when it is full: who gives way, and owners that
 * have a share.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/cache_store.h"

static const char *const nothing;

static void expect_sound(void)
{
	ck_assert_pstr_eq(store_fault(), nothing);
}

static bool is_there(unsigned i)
{
	struct cache_found f;
	bool found = store_find(i, &f) == CACHE_FOUND;

	cache_release(&f.object);
	return found;
}

/* As store_put, for an owner who may have MOST bytes. */
static bool put_for(uint64_t owner, uint64_t most, unsigned i, uint64_t length)
{
	struct cache_publish head = store_head(i, (int64_t)length);
	struct cache_object fetch;

	head.owner = (struct hash_id){{owner, owner}};
	head.owner_max = most;
	if (!store_claim(i, &fetch) || !cache_publish(&fetch, &head))
		return false;
	ck_assert_uint_eq(store_write(&fetch, i, 0, length), length);
	cache_finish(&fetch);
	return true;
}

START_TEST(there_is_room_for_whatever_comes)
{
	static const uint64_t sizes[] = {
	    100, 3000, 20000, 70, 300000, 1000000, 0};

	for (unsigned i = 0; i < 3000; i++) {
		ck_assert(store_put(i, sizes[i % 7]));
		ck_assert(is_there(i));
	}
	expect_sound();
	ck_assert_uint_gt(cache_sum().evicted, 1000);
	ck_assert_uint_gt(
	    cache_sum().bytes - cache_sum().free, STORE_SIZE * 2 / 3);
}
END_TEST

/* ---- days of traffic ---- */

static uint64_t seed = UINT64_C(88172645463325252);

static double fraction(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((double)(seed >> 11) + 1) / 9007199254740992.0;
}

/* Bytes of a body: at least SMALLEST, with a heavy tail, at most a sixth of the
 * shard. */
static uint64_t length_of(double smallest)
{
	return (uint64_t)fmin(smallest / fraction(), STORE_SIZE / 6.0);
}

/* TURNS times the size of the store; the share of it that is free in the mean,
 * in percent. */
static double free_after(double smallest, double turns)
{
	uint64_t sum = 0;
	double free_sum = 0;
	unsigned n = 0;

	while (sum < turns * STORE_SIZE) {
		uint64_t length = length_of(smallest);
		unsigned i = (unsigned)(fraction() * 1e9);

		ck_assert(store_put(i, length));
		(void)is_there(i - i % 3);
		sum += length;
		if (sum < STORE_SIZE * 2)
			continue;
		free_sum += (double)cache_sum().free / STORE_SIZE * 100;
		n++;
	}
	expect_sound();
	return free_sum / n;
}

START_TEST(however_sizes_change_little_lies_idle)
{
	static const double smallest[] = {
	    100, 50000, 500, 100, 5000, 200000, 100};
	bool soak = getenv("SOAK") != NULL;
	unsigned n = sizeof(smallest) / sizeof(smallest[0]);

	for (unsigned i = 0; i < n * (soak ? 3 : 1); i++) {
		double idle = free_after(smallest[i % n], soak ? 20 : 4);

		if (soak)
			printf("bodies from %6.0f bytes: %5.2f %% idle\n",
			    smallest[i % n], idle);
		ck_assert_double_le(idle, 25);
	}
}
END_TEST

START_TEST(what_is_asked_for_outlives_what_is_not)
{
	for (unsigned i = 0; i < 50; i++)
		ck_assert(store_put(i, 10000));
	for (unsigned i = 1000; i < 6000; i++) {
		ck_assert(store_put(i, 10000));
		ck_assert(is_there(i % 50));
		ck_assert(is_there((i + 25) % 50));
	}
	for (unsigned i = 0; i < 50; i++)
		ck_assert(is_there(i));
	ck_assert(!is_there(1000));
	expect_sound();
}
END_TEST

START_TEST(what_somebody_reads_does_not_give_way)
{
	struct cache_found f;

	ck_assert(store_put(0, 500000));
	ck_assert_int_eq(store_find(0, &f), CACHE_FOUND);
	for (unsigned i = 1; i < 2000; i++)
		ck_assert(store_put(i, 50000));
	ck_assert_int_eq(store_read(&f.object, 0, 0), 500000);
	cache_release(&f.object);
	expect_sound();
}
END_TEST

START_TEST(an_owner_has_no_more_than_its_share)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < 100; i++)
		ck_assert(store_put(i, 10000));
	for (unsigned i = 1000; i < 1500; i++) {
		ck_assert(put_for(7, 1 << 20, i, 10000));
		ck_assert(is_there(i));
	}
	for (unsigned i = 1000; i < 1500; i++)
		kept += is_there(i);
	ck_assert_uint_ge(kept, 80);
	ck_assert_uint_le(kept, (1 << 20) / 10000);
	for (unsigned i = 0; i < 100; i++)
		ck_assert(is_there(i));
	expect_sound();
}
END_TEST

START_TEST(what_is_larger_than_the_share_has_it_alone)
{
	for (unsigned i = 0; i < 10; i++)
		ck_assert(put_for(7, 100000, i, 5000));
	ck_assert(put_for(7, 100000, 20, 200000));
	for (unsigned i = 0; i < 10; i++)
		ck_assert(!is_there(i));
	ck_assert(is_there(20));
	ck_assert(put_for(7, 100000, 21, 5000));
	ck_assert(!is_there(20));
	expect_sound();
}
END_TEST

START_TEST(a_body_that_grows_pushes_out_its_owners_own)
{
	struct cache_publish head = store_head(50, CACHE_LENGTH_UNKNOWN);
	struct cache_object fetch;

	head.owner = (struct hash_id){{7, 7}};
	head.owner_max = 500000;
	for (unsigned i = 0; i < 20; i++)
		ck_assert(put_for(7, 500000, i, 20000));
	ck_assert(store_put(60, 20000));
	ck_assert(store_claim(50, &fetch));
	ck_assert(cache_publish(&fetch, &head));
	ck_assert_uint_eq(store_write(&fetch, 50, 0, 400000), 400000);
	cache_finish(&fetch);
	ck_assert(is_there(50));
	ck_assert(is_there(60));
	ck_assert(!is_there(0));
	expect_sound();
}
END_TEST

START_TEST(many_owners_have_their_shares)
{
	for (unsigned i = 0; i < 100 * 20; i++)
		ck_assert(put_for(1 + i % 100, 50000, i, 10000));
	for (unsigned i = 0; i < 100 * 10; i++)
		ck_assert(!is_there(i));
	expect_sound();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_room");
	TCase *tcase = tcase_create("cache_room");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, store_setup, store_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, there_is_room_for_whatever_comes);
	tcase_add_test(tcase, however_sizes_change_little_lies_idle);
	tcase_add_test(tcase, what_is_asked_for_outlives_what_is_not);
	tcase_add_test(tcase, what_somebody_reads_does_not_give_way);
	tcase_add_test(tcase, an_owner_has_no_more_than_its_share);
	tcase_add_test(tcase, what_is_larger_than_the_share_has_it_alone);
	tcase_add_test(tcase, a_body_that_grows_pushes_out_its_owners_own);
	tcase_add_test(tcase, many_owners_have_their_shares);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
