/*
 * test_cache.c - the store of the cache: what is found after what was done.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/shm/seat.h"
#include "tests/unit/cache_store.h"

static const char *const nothing;
static char buf[4096];

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

/* ---- plain ---- */

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

START_TEST(what_is_empty_pins_nothing)
{
	struct cache_found f;

	ck_assert(store_put(1, 0));
	ck_assert_int_eq(store_find(1, &f), CACHE_FOUND);
	ck_assert_uint_eq(f.object.at, 0);
	cache_release(&f.object);
}
END_TEST

START_TEST(a_key_is_compared_as_a_whole)
{
	struct cache_found f = {.buf = buf, .cap = sizeof(buf)};
	struct cache_variant none = cache_variant_make(str_make("", 0));
	struct cache_key key, other;

	ck_assert(store_put(1, 10));
	key = store_key(1);
	other = (struct cache_key){key.id, STR("http://host.example/key-2")};
	ck_assert_uint_eq(other.text.n, key.text.n);
	ck_assert_int_eq(cache_find(&other, &none, 1, 0, &f), CACHE_NOTHING);
	ck_assert_int_eq(cache_find(&key, &none, 1, 0, &f), CACHE_FOUND);
	cache_release(&f.object);
}
END_TEST

START_TEST(a_record_that_does_not_fit_says_how_long_it_is)
{
	struct cache_found f = {.buf = buf, .cap = 7};
	struct cache_variant none = cache_variant_make(str_make("", 0));
	struct cache_key key;

	ck_assert(store_put(1, 10));
	key = store_key(1);
	ck_assert_int_eq(cache_find(&key, &none, 1, 0, &f), CACHE_LARGE);
	ck_assert_uint_eq(f.record.n, 8);
	ck_assert_uint_eq(f.object.at, 0);
	f.cap = 8;
	ck_assert_int_eq(cache_find(&key, &none, 1, 0, &f), CACHE_FOUND);
	ck_assert(str_eq(f.record, STR("record-1")));
	cache_release(&f.object);
}
END_TEST

START_TEST(any_place_of_a_body_can_be_read)
{
	struct cache_found f;

	ck_assert(store_put(3, 700000));
	ck_assert_int_eq(store_find(3, &f), CACHE_FOUND);
	for (uint64_t at = 699999; at > 60000; at -= 59999)
		ck_assert_int_eq(store_read(&f.object, 3, at),
		    (int64_t)(700000 - at));
	ck_assert_int_eq(store_read(&f.object, 3, 700000), 0);
	ck_assert_int_eq(store_read(&f.object, 3, 800000), 0);
	cache_release(&f.object);
}
END_TEST

START_TEST(what_is_fetched_again_takes_the_place_of_the_former)
{
	struct cache_found old;

	ck_assert(store_put(1, 5000));
	ck_assert_int_eq(store_find(1, &old), CACHE_FOUND);
	ck_assert(store_put(1, 600));
	expect_found(1, 600);
	ck_assert_int_eq(store_read(&old.object, 1, 0), 5000);
	ck_assert_uint_eq(cache_sum().objects, 1);
	cache_release(&old.object);
	cache_settle();
	expect_sound();
}
END_TEST

START_TEST(a_size_of_an_area_can_be_told_from_its_shape)
{
	uint64_t size = CACHE_SMALLEST;

	for (; size < UINT64_C(3) << 30; size += size / 7 + 12345) {
		struct area_shape shape = cache_shape(size);

		ck_assert_uint_ge(shape.size, size);
		ck_assert_uint_le(cache_largest(size), size / 4);
		ck_assert_uint_gt(cache_largest(size),
		    size / shape.geometry[0] / 5);
		ck_assert_uint_le(shape.geometry[0], 16);
	}
	ck_assert_uint_eq(cache_shape(256 << 20).geometry[0], 8);
	ck_assert_uint_eq(cache_largest_here(), cache_largest(STORE_SIZE));
}
END_TEST

/* ---- variants ---- */

static struct cache_variant german, french, none;

static void variants_setup(void)
{
	store_setup();
	german = cache_variant_make(STR("accept-language: de\n"));
	french = cache_variant_make(STR("accept-language: fr\n"));
	none = cache_variant_make(str_make("", 0));
}

static void put_variant(const struct cache_variant *variant, struct str spec,
    uint64_t length)
{
	struct cache_publish head = store_head(1, (int64_t)length);
	struct cache_object fetch;

	ck_assert(store_claim(1, &fetch));
	head.variant = *variant;
	head.spec = spec;
	ck_assert(cache_publish(&fetch, &head));
	ck_assert_uint_eq(store_write(&fetch, 1, 0, length), length);
	cache_finish(&fetch);
}

static enum cache_result find(const struct cache_variant *first,
    const struct cache_variant *second, struct cache_found *f)
{
	struct cache_variant both[2] = {*first, *second};
	struct cache_key key = store_key(1);

	*f = (struct cache_found){.buf = buf, .cap = sizeof(buf)};
	return cache_find(&key, both, 2, 0, f);
}

START_TEST(an_object_of_a_variant_says_what_it_varies_by)
{
	struct cache_found f;

	put_variant(&german, STR("accept-language"), 100);
	ck_assert_int_eq(store_find(1, &f), CACHE_VARIES);
	ck_assert_uint_eq(f.spec_count, 1);
	ck_assert(str_eq(f.specs[0], STR("accept-language")));
	ck_assert_int_eq(find(&german, &none, &f), CACHE_FOUND);
	cache_release(&f.object);
	ck_assert_int_eq(find(&none, &french, &f), CACHE_NOTHING);
	ck_assert_uint_eq(f.spec_count, 1);
}
END_TEST

START_TEST(each_variant_has_an_object)
{
	struct cache_found f;

	put_variant(&german, STR("accept-language"), 100);
	put_variant(&french, STR("accept-language"), 200);
	ck_assert_int_eq(find(&german, &none, &f), CACHE_FOUND);
	ck_assert_int_eq(f.meta.length, 100);
	cache_release(&f.object);
	ck_assert_int_eq(find(&french, &none, &f), CACHE_FOUND);
	ck_assert_int_eq(f.meta.length, 200);
	cache_release(&f.object);
	expect_sound();
}
END_TEST

START_TEST(the_newest_that_matches_is_found)
{
	struct cache_found f;

	put_variant(&german, STR("accept-language"), 100);
	put_variant(&none, str_make("", 0), 300);
	ck_assert_int_eq(find(&german, &none, &f), CACHE_FOUND);
	ck_assert_int_eq(f.meta.length, 300);
	cache_release(&f.object);
	put_variant(&german, STR("accept-language"), 400);
	ck_assert_int_eq(find(&german, &none, &f), CACHE_FOUND);
	ck_assert_int_eq(f.meta.length, 400);
	cache_release(&f.object);
}
END_TEST

START_TEST(specs_are_told_once_each_and_not_too_many)
{
	static const char *const specs[] = {"a", "b", "a", "c", "d", "e"};
	struct cache_found f;

	for (unsigned i = 0; i < 6; i++) {
		char text[16];
		int n = snprintf(text, sizeof(text), "%s: %u\n", specs[i], i);
		struct cache_variant v =
		    cache_variant_make(str_make(text, (size_t)n));

		put_variant(&v, str_from(specs[i]), 10);
	}
	ck_assert_int_eq(store_find(1, &f), CACHE_VARIES);
	ck_assert_uint_eq(f.spec_count, CACHE_SPECS_MAX);
}
END_TEST

START_TEST(of_too_many_variants_the_oldest_goes)
{
	struct cache_found f;

	for (unsigned i = 0; i < CACHE_VARIANTS_MAX + 10; i++) {
		char text[16];
		int n = snprintf(text, sizeof(text), "x: %u\n", i);
		struct cache_variant v =
		    cache_variant_make(str_make(text, (size_t)n));

		put_variant(&v, STR("x"), 10);
	}
	ck_assert_uint_eq(cache_sum().objects, CACHE_VARIANTS_MAX);
	german = cache_variant_make(STR("x: 9\n"));
	french = cache_variant_make(STR("x: 10\n"));
	ck_assert_int_eq(find(&german, &none, &f), CACHE_NOTHING);
	ck_assert_int_eq(find(&french, &none, &f), CACHE_FOUND);
	cache_release(&f.object);
	expect_sound();
}
END_TEST

static TCase *plain(void)
{
	TCase *tc = tcase_create("plain");

	tcase_add_checked_fixture(tc, store_setup, store_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_new_area_knows_nothing);
	tcase_add_test(tc, what_was_put_is_found_whatever_its_size);
	tcase_add_test(tc, what_is_empty_pins_nothing);
	tcase_add_test(tc, a_key_is_compared_as_a_whole);
	tcase_add_test(tc, a_record_that_does_not_fit_says_how_long_it_is);
	tcase_add_test(tc, any_place_of_a_body_can_be_read);
	tcase_add_test(
	    tc, what_is_fetched_again_takes_the_place_of_the_former);
	tcase_add_test(tc, a_size_of_an_area_can_be_told_from_its_shape);
	return tc;
}

static TCase *variants(void)
{
	TCase *tc = tcase_create("variants");

	tcase_add_checked_fixture(tc, variants_setup, store_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, an_object_of_a_variant_says_what_it_varies_by);
	tcase_add_test(tc, each_variant_has_an_object);
	tcase_add_test(tc, the_newest_that_matches_is_found);
	tcase_add_test(tc, specs_are_told_once_each_and_not_too_many);
	tcase_add_test(tc, of_too_many_variants_the_oldest_goes);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("cache");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, plain());
	suite_add_tcase(suite, variants());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
