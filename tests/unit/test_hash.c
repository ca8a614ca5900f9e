/*
 * test_hash.c - SipHash by its authors' vectors, and who has which key.
 */
#include "common/base/hash.h"

#include <check.h>

#define KEYS 20000

/* Key 00 01 .. 0f, input 00 01 ..: the first of the reference vectors. */
START_TEST(the_vectors_of_the_reference_are_met)
{
	static const uint64_t expected[] = {UINT64_C(0x726fdb47dd0e0e31),
	    UINT64_C(0x74f839c593dc67fd), UINT64_C(0x0d6c8009d9a94f5a),
	    UINT64_C(0x85676696d7fb7e2d), UINT64_C(0xcf2794e0277187b7),
	    UINT64_C(0x18765564cd99a68d), UINT64_C(0xcbc9466e58fee3ce),
	    UINT64_C(0xab0200f58b01d137), UINT64_C(0x93f5f5799a932462),
	    UINT64_C(0x9e0082df0ba9e4b0)};
	struct hash_key key = {{UINT64_C(0x0706050403020100),
	    UINT64_C(0x0f0e0d0c0b0a0908)}};
	unsigned char input[10];

	for (unsigned n = 0; n < 10; n++) {
		ck_assert_uint_eq(hash_bytes(&key, input, n), expected[n]);
		input[n] = (unsigned char)n;
	}
}
END_TEST

START_TEST(the_long_vectors_of_the_reference_are_met)
{
	static const struct hash_id expected[] = {
	    {{UINT64_C(0xe6a825ba047f81a3), UINT64_C(0x930255c71472f66d)}},
	    {{UINT64_C(0x44af996bd8c187da), UINT64_C(0x45fc229b11597634)}}};
	struct hash_key key = {{UINT64_C(0x0706050403020100),
	    UINT64_C(0x0f0e0d0c0b0a0908)}};

	for (unsigned n = 0; n < 2; n++)
		ck_assert(hash_id_eq(hash_long(&key, "", n), expected[n]));
}
END_TEST

START_TEST(parts_do_not_run_into_each_other)
{
	struct hash_id none = {{0, 0}};
	struct hash_id a = hash_id_add(hash_id_add(none, STR("ab")), STR("c"));
	struct hash_id b = hash_id_add(hash_id_add(none, STR("a")), STR("bc"));

	ck_assert(!hash_id_eq(a, b));
	ck_assert(hash_id_eq(a,
	    hash_id_add(hash_id_add(none, STR("ab")), STR("c"))));
}
END_TEST

static unsigned owner(uint64_t key, unsigned count, const uint32_t *weights)
{
	unsigned best = 0;
	uint64_t highest = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t rank = hash_rank(key, i + 1, weights[i]);

		if (rank > highest) {
			highest = rank;
			best = i;
		}
	}
	return best;
}

START_TEST(each_has_a_share_of_its_weight)
{
	static const uint32_t weights[] = {100, 200, 300, 400};
	unsigned count[4] = {0};

	for (unsigned k = 0; k < KEYS; k++)
		count[owner(k, 4, weights)]++;
	for (unsigned i = 0; i < 4; i++) {
		double share = (double)count[i] / KEYS;

		ck_assert_double_lt(share, weights[i] / 1000.0 * 1.08);
		ck_assert_double_gt(share, weights[i] / 1000.0 * 0.92);
	}
}
END_TEST

/* The sixth of six takes a sixth, and nobody else gets anything. */
START_TEST(one_more_takes_its_share_and_moves_nothing_else)
{
	static const uint32_t weights[] = {256, 256, 256, 256, 256, 256};
	unsigned moved = 0;

	for (unsigned k = 0; k < KEYS; k++) {
		unsigned before = owner(k, 5, weights);
		unsigned after = owner(k, 6, weights);

		if (before == after)
			continue;
		ck_assert_uint_eq(after, 5);
		moved++;
	}
	ck_assert_uint_lt(moved, KEYS / 6 * 11 / 10);
	ck_assert_uint_gt(moved, KEYS / 6 * 9 / 10);
}
END_TEST

START_TEST(a_larger_weight_only_gains)
{
	static const uint32_t before[] = {90, 10, 50}, after[] = {90, 20, 50};

	for (unsigned k = 0; k < KEYS; k++) {
		unsigned a = owner(k, 3, before), b = owner(k, 3, after);

		ck_assert(a == b || b == 1);
	}
}
END_TEST

START_TEST(who_has_no_weight_has_no_key)
{
	static const uint32_t weights[] = {1, 0};

	for (unsigned k = 0; k < 1000; k++)
		ck_assert_uint_eq(owner(k, 2, weights), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hash");
	TCase *tcase = tcase_create("hash");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, the_vectors_of_the_reference_are_met);
	tcase_add_test(tcase, the_long_vectors_of_the_reference_are_met);
	tcase_add_test(tcase, parts_do_not_run_into_each_other);
	tcase_add_test(tcase, each_has_a_share_of_its_weight);
	tcase_add_test(tcase, one_more_takes_its_share_and_moves_nothing_else);
	tcase_add_test(tcase, a_larger_weight_only_gains);
	tcase_add_test(tcase, who_has_no_weight_has_no_key);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
