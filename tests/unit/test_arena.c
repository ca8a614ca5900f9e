/*
 * test_arena.c - arenas: alignment, running out, sizes that overflow.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "common/base/arena.h"

START_TEST(a_growing_arena_gives_separate_aligned_memory)
{
	struct arena a;
	char *p[500];

	arena_init(&a);
	for (size_t i = 0; i < 500; i++) {
		p[i] = arena_alloc(&a, i + 1);
		ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
		memset(p[i], (int)i, i + 1);
	}
	for (size_t i = 0; i < 500; i++)
		for (size_t at = 0; at <= i; at++)
			ck_assert_int_eq(p[i][at], (char)i);
	arena_free(&a);
}
END_TEST

START_TEST(a_growing_arena_gives_more_than_a_block_at_once)
{
	struct arena a;
	char *p;

	arena_init(&a);
	p = arena_zalloc(&a, 10 * 1000 * 1000);
	ck_assert_int_eq(p[0] + p[5000000] + p[9999999], 0);
	arena_free(&a);
}
END_TEST

START_TEST(a_freed_arena_can_be_used_again)
{
	struct arena a;

	arena_init(&a);
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_nonnull(arena_alloc(&a, 100000));
		arena_free(&a);
	}
	arena_free(&a);
}
END_TEST

START_TEST(cleared_memory_is_clear_even_when_it_was_used)
{
	char block[256];
	struct arena a;
	char *p;

	memset(block, 'x', sizeof(block));
	arena_init_fixed(&a, block, sizeof(block));
	p = arena_zalloc(&a, 100);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(p[i], 0);
}
END_TEST

START_TEST(a_fixed_arena_is_spent_to_its_last_byte_and_no_further)
{
	_Alignas(16) char block[64 + 1];
	struct arena a;

	block[64] = '#';
	arena_init_fixed(&a, block, 64);
	for (int i = 0; i < 4; i++)
		ck_assert_ptr_eq(arena_alloc(&a, 16), block + 16 * i);
	ck_assert_ptr_null(arena_alloc(&a, 1));
	ck_assert_ptr_null(arena_zalloc(&a, 1));
	ck_assert_ptr_null(arena_strdup(&a, STR("")));
	ck_assert_int_eq(block[64], '#');
}
END_TEST

START_TEST(a_refusal_leaves_room_for_something_smaller)
{
	_Alignas(16) char block[64];
	struct arena a;

	arena_init_fixed(&a, block, 64);
	ck_assert_ptr_null(arena_alloc(&a, 65));
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX - 15));
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX - 14));
	ck_assert_ptr_eq(arena_alloc(&a, 64), block);
}
END_TEST

START_TEST(a_crooked_block_is_used_from_its_first_aligned_byte)
{
	_Alignas(16) char block[64];
	struct arena a;

	arena_init_fixed(&a, block + 1, 63);
	ck_assert_ptr_eq(arena_alloc(&a, 1), block + 16);
	ck_assert_ptr_eq(arena_alloc(&a, 32), block + 32);
	ck_assert_ptr_null(arena_alloc(&a, 1));
}
END_TEST

START_TEST(copies_are_terminated)
{
	struct arena a;

	arena_init(&a);
	ck_assert_str_eq(arena_strdup(&a, STR("hello")), "hello");
	ck_assert_str_eq(arena_strdup(&a, STR("")), "");
	ck_assert_str_eq(arena_strdup(&a, STR_NONE), "");
	ck_assert_mem_eq(arena_strdup(&a, STR("a\0b")), "a\0b", 4);
	arena_free(&a);
}
END_TEST

START_TEST(nothing_at_all_is_still_an_address)
{
	struct arena a;

	arena_init(&a);
	ck_assert_ptr_nonnull(arena_alloc(&a, 0));
	ck_assert_ptr_ne(arena_alloc(&a, 0), arena_alloc(&a, 0));
	arena_free(&a);
}
END_TEST

START_TEST(a_bounded_arena_takes_so_much_more_and_then_refuses)
{
	_Alignas(16) char block[64];
	struct arena a;
	char *p;

	arena_init_bounded(&a, block, 64, 4096);
	ck_assert_ptr_eq(arena_alloc(&a, 64), block);
	p = arena_alloc(&a, 4000);
	ck_assert_ptr_nonnull(p);
	memset(p, 'x', 4000);
	ck_assert_ptr_null(arena_alloc(&a, 4096));
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
	ck_assert_ptr_nonnull(arena_alloc(&a, 64));
	arena_free(&a);
	ck_assert_ptr_null(arena_alloc(&a, 1));
}
END_TEST

START_TEST(a_rewound_arena_is_as_it_was)
{
	_Alignas(16) char block[64];
	struct arena a, mark;

	arena_init_bounded(&a, block, 64, 100000);
	ck_assert_ptr_eq(arena_alloc(&a, 16), block);
	mark = a;
	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < 5; k++)
			ck_assert_ptr_nonnull(arena_alloc(&a, 10000));
		arena_rewind(&a, &mark);
	}
	ck_assert_ptr_eq(arena_alloc(&a, 16), block + 16);
	arena_free(&a);
}
END_TEST

START_TEST(a_trimmed_piece_leaves_its_rest_to_the_next)
{
	static const size_t kept[] = {0, 1, 16, 17, 3999, 4000};
	_Alignas(16) char block[64];
	struct arena a;

	arena_init_bounded(&a, block, 64, 100000);
	ck_assert_ptr_eq(arena_alloc(&a, 64), block);
	for (int i = 0; i < 6; i++) {
		size_t room = kept[i] > 16 ? (kept[i] + 15) / 16 * 16 : 16;
		char *p = arena_alloc(&a, 4000);

		memset(p, 'x', 4000);
		arena_trim(&a, p, kept[i]);
		ck_assert_ptr_eq(arena_alloc(&a, 1), p + room);
	}
	arena_free(&a);
}
END_TEST

START_TEST(no_piece_grows_by_trimming)
{
	_Alignas(16) char block[64];
	struct arena a;

	arena_init_fixed(&a, block, 64);
	arena_trim(&a, arena_alloc(&a, 16), 17);
}
END_TEST

START_TEST(an_absurd_size_ends_a_growing_arena)
{
	static const size_t sizes[] = {
	    SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2, SIZE_MAX / 2 + 1};
	struct arena a;

	arena_init(&a);
	arena_alloc(&a, sizes[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("arena");
	TCase *tc = tcase_create("arena");
	SRunner *r;
	int failed;

	tcase_add_test(tc, a_growing_arena_gives_separate_aligned_memory);
	tcase_add_test(tc, a_growing_arena_gives_more_than_a_block_at_once);
	tcase_add_test(tc, a_freed_arena_can_be_used_again);
	tcase_add_test(tc, cleared_memory_is_clear_even_when_it_was_used);
	tcase_add_test(
	    tc, a_fixed_arena_is_spent_to_its_last_byte_and_no_further);
	tcase_add_test(tc, a_refusal_leaves_room_for_something_smaller);
	tcase_add_test(
	    tc, a_crooked_block_is_used_from_its_first_aligned_byte);
	tcase_add_test(tc, a_bounded_arena_takes_so_much_more_and_then_refuses);
	tcase_add_test(tc, a_rewound_arena_is_as_it_was);
	tcase_add_test(tc, a_trimmed_piece_leaves_its_rest_to_the_next);
	tcase_add_test_raise_signal(tc, no_piece_grows_by_trimming, SIGABRT);
	tcase_add_test(tc, copies_are_terminated);
	tcase_add_test(tc, nothing_at_all_is_still_an_address);
	tcase_add_loop_test_raise_signal(
	    tc, an_absurd_size_ends_a_growing_arena, SIGABRT, 0, 4);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
