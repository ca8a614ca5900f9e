/*
 * test_cache_blocks.c - the free units of a shard: exact runs, coalescing,
 * rebuilding, and a long random run against a plain array.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "common/shm/cache_blocks.h"

#define MODEL_MAX 5000

static void *book;
static struct cache_blocks b;

static void setup(void)
{
	ck_assert_int_eq(random_init(), 0);
}

static void open_book(uint32_t units)
{
	free(book);
	book = malloc(cache_blocks_size(units));
	ck_assert_ptr_nonnull(book);
	memset(book, 0xa5, cache_blocks_size(units));
	b = cache_blocks_view(book, units);
	cache_blocks_clear(&b);
}

static void close_book(void)
{
	free(book);
	book = NULL;
}

static void expect(uint32_t is_free, uint32_t longest)
{
	ck_assert_uint_eq(cache_blocks_free(&b), is_free);
	ck_assert_uint_eq(cache_blocks_longest(&b), longest);
	ck_assert(cache_blocks_check(&b));
}

static uint32_t take(uint32_t want, uint32_t expected)
{
	uint32_t at = UINT32_MAX;

	ck_assert_uint_eq(cache_blocks_take(&b, want, &at), expected);
	return at;
}

START_TEST(all_is_one_run)
{
	static const uint32_t sizes[] = {
	    1, 2, 63, 64, 65, 127, 128, 129, 1000, 4096, 100000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t n = sizes[i];

		open_book(n);
		expect(n, n);
		ck_assert_uint_eq(take(n, n), 0);
		expect(0, 0);
		take(1, 0);
		ck_assert(cache_blocks_give(&b, 0, n));
		expect(n, n);
	}
}
END_TEST

START_TEST(takes_exactly_what_is_asked)
{
	open_book(1000);
	for (uint32_t want = 1; want < 40; want++) {
		take(want, want);
		ck_assert(cache_blocks_check(&b));
	}
	ck_assert_uint_eq(cache_blocks_free(&b), 1000 - 39 * 40 / 2);
}
END_TEST

START_TEST(what_is_given_back_coalesces)
{
	open_book(300);
	take(300, 300);
	ck_assert(cache_blocks_give(&b, 50, 30));
	ck_assert(cache_blocks_give(&b, 110, 100));
	expect(130, 100);
	ck_assert(cache_blocks_give(&b, 80, 30));
	expect(160, 160);
	ck_assert_uint_eq(take(160, 160), 50);
	expect(0, 0);
}
END_TEST

START_TEST(the_longest_run_if_none_is_long_enough)
{
	open_book(500);
	take(500, 500);
	ck_assert(cache_blocks_give(&b, 10, 7));
	ck_assert(cache_blocks_give(&b, 60, 90));
	ck_assert(cache_blocks_give(&b, 200, 20));
	ck_assert_uint_eq(take(91, 90), 60);
	ck_assert_uint_eq(take(91, 20), 200);
	ck_assert_uint_eq(take(91, 7), 10);
	take(1, 0);
	expect(0, 0);
}
END_TEST

START_TEST(small_ones_low_large_ones_high)
{
	open_book(10000);
	ck_assert_uint_eq(take(1, 1), 0);
	ck_assert_uint_eq(take(200, 200), 9800);
	ck_assert_uint_eq(take(3, 3), 1);
	ck_assert_uint_eq(take(128, 128), 9672);
}
END_TEST

START_TEST(a_tail_is_given_back)
{
	uint32_t at;

	open_book(4096);
	at = take(100, 100);
	ck_assert(cache_blocks_give(&b, at + 33, 67));
	ck_assert_uint_eq(cache_blocks_free(&b), 4096 - 33);
	ck_assert(cache_blocks_give(&b, at, 33));
	expect(4096, 4096);
}
END_TEST

START_TEST(what_is_not_in_use_is_not_given_back)
{
	open_book(100);
	take(100, 100);
	ck_assert(cache_blocks_give(&b, 20, 10));
	ck_assert(!cache_blocks_give(&b, 20, 10));
	ck_assert(!cache_blocks_give(&b, 29, 2));
	ck_assert(!cache_blocks_give(&b, 0, 100));
	ck_assert(!cache_blocks_give(&b, 50, 0));
	ck_assert(!cache_blocks_give(&b, 99, 2));
	ck_assert(!cache_blocks_give(&b, 100, 1));
	ck_assert(!cache_blocks_give(&b, UINT32_MAX, 2));
	ck_assert(!cache_blocks_give(&b, 2, UINT32_MAX));
	expect(10, 10);
}
END_TEST

/* As a reset does it, which was killed midway before. */
START_TEST(rebuilding_tells_what_is_in_use)
{
	open_book(1000);
	memset(book, 0x5a, cache_blocks_size(1000));
	cache_blocks_clear(&b);
	ck_assert(cache_blocks_keep(&b, 700, 100));
	cache_blocks_clear(&b);
	ck_assert(cache_blocks_keep(&b, 0, 1));
	ck_assert(cache_blocks_keep(&b, 100, 50));
	ck_assert(cache_blocks_keep(&b, 120, 80));
	ck_assert(cache_blocks_keep(&b, 100, 50));
	ck_assert(!cache_blocks_keep(&b, 990, 11));
	ck_assert(!cache_blocks_keep(&b, 10, 0));
	ck_assert(!cache_blocks_keep(&b, UINT32_MAX, 1));
	expect(1000 - 1 - 100, 800);
	ck_assert_uint_eq(take(99, 99), 1);
	ck_assert_uint_eq(take(1, 1), 200);
}
END_TEST

/* Another process's mapping of the same memory. */
START_TEST(any_address_will_do)
{
	size_t n = cache_blocks_size(777);
	void *copy = malloc(n);

	ck_assert_ptr_nonnull(copy);
	open_book(777);
	take(5, 5);
	take(100, 100);
	memcpy(copy, book, n);
	b = cache_blocks_view(copy, 777);
	expect(672, 672);
	ck_assert_uint_eq(take(2, 2), 105);
	free(copy);
}
END_TEST

/* Whatever is written into the book, no byte beside it is touched: what is
 * taken lies in the shard.  (AddressSanitizer sees the rest.) */
START_TEST(a_book_that_lies_is_harmless)
{
	for (int round = 0; round < 2000; round++) {
		uint32_t at = 0, n;

		open_book(1 + (uint32_t)(random_u64() % 700));
		random_fill(book, cache_blocks_size(b.units));
		for (int i = 0; i < 10; i++) {
			n = cache_blocks_take(
			    &b, (uint32_t)(random_u64() % 800), &at);
			ck_assert(n <= b.units && at <= b.units - n);
			(void)cache_blocks_give(&b, at / 2, n);
		}
		cache_blocks_clear(&b);
		expect(b.units, b.units);
	}
}
END_TEST

/* ---- against a plain array ---- */

static bool used[MODEL_MAX];

static uint32_t model_longest(void)
{
	uint32_t longest = 0, run = 0;

	for (uint32_t i = 0; i < b.units; i++) {
		run = used[i] ? 0 : run + 1;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void model_set(uint32_t at, uint32_t n, bool in_use)
{
	for (uint32_t i = at; i < at + n; i++) {
		ck_assert(used[i] != in_use);
		used[i] = in_use;
	}
}

static void random_take(void)
{
	uint32_t longest = model_longest(), at = 0, n;
	uint32_t want = 1 + (uint32_t)(random_u64() % 8);

	if (random_u64() % 4 == 0)
		want = 1 + (uint32_t)(random_u64() % b.units);
	n = cache_blocks_take(&b, want, &at);
	ck_assert_uint_eq(n, want < longest ? want : longest);
	model_set(at, n, true);
}

/* A piece of what is in use, from somewhere on. */
static void random_give(void)
{
	uint32_t at = (uint32_t)(random_u64() % b.units), n = 0;
	uint32_t most = 1 + (uint32_t)(random_u64() % 200);

	while (at + n < b.units && n < most && used[at + n])
		n++;
	if (n == 0)
		return;
	ck_assert(cache_blocks_give(&b, at, n));
	model_set(at, n, false);
}

static void compare(void)
{
	uint32_t is_free = 0;

	for (uint32_t i = 0; i < b.units; i++)
		is_free += !used[i];
	expect(is_free, model_longest());
}

START_TEST(random_use_is_as_a_plain_array)
{
	uint32_t units = (uint32_t[]){1, 64, 100, 1000, MODEL_MAX}[_i];
	int rounds = 20000;

	open_book(units);
	memset(used, 0, sizeof(used));
	for (int i = 0; i < rounds; i++) {
		if (random_u64() % 2 == 0)
			random_take();
		else
			random_give();
		if (i % 64 == 0)
			compare();
	}
	compare();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cache_blocks");
	TCase *tc = tcase_create("blocks");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, close_book);
	tcase_add_test(tc, all_is_one_run);
	tcase_add_test(tc, takes_exactly_what_is_asked);
	tcase_add_test(tc, what_is_given_back_coalesces);
	tcase_add_test(tc, the_longest_run_if_none_is_long_enough);
	tcase_add_test(tc, small_ones_low_large_ones_high);
	tcase_add_test(tc, a_tail_is_given_back);
	tcase_add_test(tc, what_is_not_in_use_is_not_given_back);
	tcase_add_test(tc, rebuilding_tells_what_is_in_use);
	tcase_add_test(tc, any_address_will_do);
	tcase_add_test(tc, a_book_that_lies_is_harmless);
	tcase_add_loop_test(tc, random_use_is_as_a_plain_array, 0, 5);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
