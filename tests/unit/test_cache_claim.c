/*
 * test_cache_claim.c - the store of the cache: who fetches, and what is said of
 * what cannot be cached.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/shm/cache_purge.h"
#include "tests/unit/cache_store.h"

#define LONG (100 * USEC_PER_SEC)

static const char *const nothing;
static char buf[4096];

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

/* ---- claims ---- */

START_TEST(one_claims_and_the_others_wait)
{
	struct cache_found f;
	struct cache_object a, b;

	ck_assert_int_eq(claim(1, NULL, LONG, &a), CACHE_CLAIMED);
	ck_assert_int_eq(claim(1, NULL, LONG, &b), CACHE_WAIT);
	ck_assert_uint_eq(b.at, 0);
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	ck_assert(f.fetching);
	cache_abort(&a, 7);
	ck_assert_uint_eq(a.at, 0);
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	ck_assert(!f.fetching);
	ck_assert_int_eq(claim(1, NULL, LONG, &b), CACHE_CLAIMED);
	cache_abort(&b, 7);
	expect_sound();
}
END_TEST

START_TEST(a_claim_on_what_has_changed_meanwhile_is_refused)
{
	uint64_t stamp = stamp_of(1);
	struct cache_key key;
	struct cache_object a;

	ck_assert(store_put(1, 10));
	key = store_key(1);
	ck_assert_int_eq(cache_claim(&key, NULL, stamp, LONG, &a),
	    CACHE_AGAIN);
	ck_assert_int_eq(cache_claim(&key, NULL, stamp_of(1), LONG, &a),
	    CACHE_CLAIMED);
	cache_abort(&a, 0);
}
END_TEST

START_TEST(claims_on_two_variants_are_two)
{
	struct cache_variant de = cache_variant_make(STR("l: de\n"));
	struct cache_variant fr = cache_variant_make(STR("l: fr\n"));
	struct cache_object a, b, c;

	ck_assert_int_eq(claim(1, &de, LONG, &a), CACHE_CLAIMED);
	ck_assert_int_eq(claim(1, &fr, LONG, &b), CACHE_CLAIMED);
	ck_assert_int_eq(claim(1, &de, LONG, &c), CACHE_WAIT);
	ck_assert_int_eq(claim(1, NULL, LONG, &c), CACHE_WAIT);
	cache_abort(&a, 0);
	cache_abort(&b, 0);
	ck_assert_int_eq(claim(1, NULL, LONG, &a), CACHE_CLAIMED);
	ck_assert_int_eq(claim(1, &fr, LONG, &b), CACHE_WAIT);
	cache_abort(&a, 0);
	expect_sound();
}
END_TEST

START_TEST(a_claim_that_expired_is_taken_over_and_its_fetch_not_stored)
{
	struct cache_publish head = store_head(1, 10);
	struct cache_object a, b;
	struct cache_found f;

	ck_assert_int_eq(claim(1, NULL, -1, &a), CACHE_CLAIMED);
	ck_assert_int_eq(claim(1, NULL, LONG, &b), CACHE_CLAIMED);
	ck_assert(!cache_publish(&a, &head));
	cache_mark(&a, DEADLINE_NEVER, 1);
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	ck_assert(f.fetching);
	ck_assert(cache_publish(&b, &head));
	cache_abort(&b, 0);
	expect_sound();
	ck_assert_uint_eq(cache_sum().growing, 0);
}
END_TEST

START_TEST(many_can_begin_what_is_fetched_by_each_alone)
{
	struct cache_publish head = store_head(1, 10);
	struct cache_key key = store_key(1);
	struct cache_object at[5];
	struct cache_found f;

	for (int i = 0; i < 5; i++)
		ck_assert(cache_begin(&key, &at[i]));
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	ck_assert(!f.fetching);
	for (int i = 0; i < 4; i++) {
		ck_assert(cache_publish(&at[i], &head));
		ck_assert_uint_eq(store_write(&at[i], 1, 0, 10), 10);
		cache_finish(&at[i]);
	}
	cache_abort(&at[4], 0);
	ck_assert_uint_eq(cache_sum().objects, 1);
	ck_assert_uint_eq(cache_sum().marks, 0);
	expect_sound();
}
END_TEST

START_TEST(of_one_resource_not_any_number_is_fetched)
{
	static struct cache_object at[400];
	unsigned n = 0;

	for (unsigned i = 0; i < 400; i++) {
		char text[16];
		int len = snprintf(text, sizeof(text), "l: %u\n", i);
		struct cache_variant v =
		    cache_variant_make(str_make(text, (size_t)len));

		if (claim(1, &v, LONG, &at[n]) == CACHE_CLAIMED)
			n++;
	}
	ck_assert_uint_gt(n, CACHE_VARIANTS_MAX);
	ck_assert_uint_lt(n, 400);
	expect_sound();
	while (n > 0)
		cache_abort(&at[--n], 0);
	expect_sound();
	ck_assert_uint_eq(cache_sum().growing, 0);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
	struct cache_publish head = store_head(1, 10);
	static char text[CACHE_RECORD_MAX + 1];
	struct cache_key key = cache_key_make(
	    str_make(text, CACHE_KEY_MAX + 1));
	struct cache_object a;

	ck_assert_int_eq(cache_claim(&key, NULL, 0, LONG, &a), CACHE_REFUSED);
	ck_assert(!cache_begin(&key, &a));
	ck_assert(store_claim(1, &a));
	head.record = str_make(text, CACHE_RECORD_MAX + 1);
	ck_assert(!cache_publish(&a, &head));
	head = store_head(1, (int64_t)cache_largest_here() + 1);
	ck_assert(!cache_publish(&a, &head));
	head = store_head(1, INT64_MAX);
	ck_assert(!cache_publish(&a, &head));
	cache_abort(&a, 0);
	expect_sound();
}
END_TEST

/* ---- marks and failures ---- */

START_TEST(a_mark_sends_everybody_on_for_a_time)
{
	struct cache_object a;
	struct cache_found f;

	ck_assert(store_claim(1, &a));
	cache_mark(&a, clock_mono() + LONG, 17);
	ck_assert_int_eq(store_find(1, &f), CACHE_MARKED);
	ck_assert_uint_eq(f.meta.reason, 17);
	ck_assert_int_eq(claim(1, NULL, LONG, &a), CACHE_CLAIMED);
	cache_mark(&a, clock_mono() - 1, 18);
	ck_assert_int_eq(store_find(1, &f), CACHE_NOTHING);
	ck_assert_uint_eq(cache_sum().marks, 1);
	expect_sound();
}
END_TEST

START_TEST(a_mark_is_the_last_word_until_there_is_an_object)
{
	struct cache_object a;
	struct cache_found f;

	ck_assert(store_put(1, 10));
	ck_assert(store_claim(1, &a));
	cache_mark(&a, clock_mono() + LONG, 17);
	ck_assert_int_eq(store_find(1, &f), CACHE_MARKED);
	ck_assert(store_put(1, 20));
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	cache_release(&f.object);
	ck_assert_uint_eq(cache_sum().marks, 0);
}
END_TEST

START_TEST(a_failure_is_told_to_who_waited)
{
	struct cache_variant none = cache_variant_make(str_make("", 0));
	struct cache_key key;
	struct cache_object a;
	struct cache_found f = {.buf = buf, .cap = sizeof(buf)};
	usec_t began = clock_mono();

	ck_assert(store_claim(1, &a));
	cache_abort(&a, 23);
	key = store_key(1);
	ck_assert_int_eq(cache_find(&key, &none, 1, began, &f),
	    CACHE_FAILED);
	ck_assert_uint_eq(f.meta.reason, 23);
	ck_assert_int_eq(cache_find(&key, &none, 1, clock_mono() + 1, &f),
	    CACHE_NOTHING);
	ck_assert_int_eq(cache_find(&key, &none, 1, 0, &f), CACHE_NOTHING);
	ck_assert(store_put(1, 10));
	ck_assert_int_eq(cache_find(&key, &none, 1, began, &f), CACHE_FOUND);
	cache_release(&f.object);
}
END_TEST

static void purge_key(unsigned i)
{
	struct cache_match match = {CACHE_SCOPE_KEY, store_key(i).text};
	struct cache_purge p;

	cache_purge_begin(&p, &match, false);
	ck_assert_int_eq(cache_purge_step(&p), CACHE_STEP_DONE);
}

/* Of 1, which is in no index, while others are purged. */
static bool is_published_after(int purges, bool also_of_1)
{
	struct cache_publish head = store_head(1, 3);
	struct cache_key key = store_key(1);
	struct cache_object fetch;
	bool published;

	ck_assert(cache_begin(&key, &fetch));
	if (also_of_1)
		purge_key(1);
	while (purges-- > 0)
		purge_key(2);
	published = cache_publish(&fetch, &head);
	cache_abort(&fetch, 0);
	expect_sound();
	return published;
}

START_TEST(purges_of_other_keys_keep_nobody_from_storing)
{
	ck_assert(is_published_after(0, false));
	ck_assert(is_published_after(20, false));
	ck_assert(!is_published_after(0, true));
	ck_assert(!is_published_after(20, true));
	ck_assert(!is_published_after(2000, true)); /* none is remembered */
	ck_assert(!is_published_after(2000, false));
}
END_TEST

static TCase *claims(void)
{
	TCase *tc = tcase_create("claims");

	tcase_add_checked_fixture(tc, store_setup, store_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, one_claims_and_the_others_wait);
	tcase_add_test(tc, a_claim_on_what_has_changed_meanwhile_is_refused);
	tcase_add_test(tc, claims_on_two_variants_are_two);
	tcase_add_test(
	    tc, a_claim_that_expired_is_taken_over_and_its_fetch_not_stored);
	tcase_add_test(tc, many_can_begin_what_is_fetched_by_each_alone);
	tcase_add_test(tc, of_one_resource_not_any_number_is_fetched);
	tcase_add_test(tc, purges_of_other_keys_keep_nobody_from_storing);
	tcase_add_test(tc, what_cannot_be_is_refused);
	tcase_add_test(tc, a_mark_sends_everybody_on_for_a_time);
	tcase_add_test(tc, a_mark_is_the_last_word_until_there_is_an_object);
	tcase_add_test(tc, a_failure_is_told_to_who_waited);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("cache_claim");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, claims());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
