/*
 * test_h2_limits.c - purses of frames, and when one is empty.
 */
#include "worker/http/h2_limits.h"

#include <check.h>
#include <stdlib.h>

#define START (1000 * USEC_PER_SEC)
#define ACK 1
#define END_STREAM 1
#define PADDED 8

static const struct conf_h2_limits conf = {
    .resets = {.count = 10, .over = USEC_PER_SEC},
    .settings = {.count = 5, .over = USEC_PER_SEC},
    .pings = {.count = 20, .over = 10 * USEC_PER_SEC},
    .frames = {.count = 100, .over = USEC_PER_SEC},
    .continuations = 3};

enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING,
	GOAWAY, WINDOW_UPDATE, CONTINUATION, UNKNOWN = 0xee };

static struct h2_limits begin(void)
{
	struct h2_limits l;

	h2_limits_begin(&l, &conf);
	return l;
}

/* How many of these may come at NOW?  1000: any number. */
static unsigned allowed(struct h2_limits *l, unsigned type, unsigned flags,
    size_t length, usec_t now)
{
	unsigned n = 0;

	while (n < 1000 && h2_limits_frame(l, type, flags, length, now))
		n++;
	return n;
}

START_TEST(each_kind_has_a_purse_of_its_own)
{
	struct h2_limits l = begin();

	ck_assert_uint_eq(allowed(&l, SETTINGS, 0, 0, START), 5);
	ck_assert_int_eq(l.fault, FAULT_settings_many);
	ck_assert_uint_eq(allowed(&l, PING, 0, 8, START), 20);
	ck_assert_int_eq(l.fault, FAULT_pings_many);
	ck_assert_uint_eq(allowed(&l, WINDOW_UPDATE, 0, 4, START), 100);
	ck_assert_int_eq(l.fault, FAULT_frames_many);
	for (unsigned i = 0; i < 10; i++)
		ck_assert(h2_limits_reset(&l, START));
	ck_assert(!h2_limits_reset(&l, START));
	ck_assert_int_eq(l.fault, FAULT_resets_many);
}
END_TEST

START_TEST(answers_to_nothing_count_too)
{
	struct h2_limits l = begin();

	ck_assert_uint_eq(allowed(&l, SETTINGS, ACK, 0, START), 100);
	ck_assert_uint_eq(allowed(&l, PING, ACK, 8, START), 20);
}
END_TEST

static const unsigned useless[] = {PRIORITY, RST_STREAM, GOAWAY, WINDOW_UPDATE,
    PUSH_PROMISE, UNKNOWN};

START_TEST(what_moves_nothing_is_paid_from_one_purse)
{
	struct h2_limits l = begin();

	for (unsigned i = 0; i < 100; i++)
		ck_assert(h2_limits_frame(&l, useless[i % 6], 0, 4, START));
	ck_assert(!h2_limits_frame(&l, useless[_i], 0, 4, START));
	ck_assert_int_eq(l.fault, FAULT_frames_many);
}
END_TEST

START_TEST(data_that_moves_something_is_free)
{
	struct h2_limits l = begin();

	ck_assert_uint_eq(allowed(&l, DATA, 0, 1, START), 1000);
	ck_assert_uint_eq(allowed(&l, DATA, END_STREAM, 0, START), 1000);
	ck_assert_uint_eq(allowed(&l, DATA, PADDED, 257, START), 1000);
	ck_assert_uint_eq(allowed(&l, DATA, 0, 0, START), 100);
	ck_assert_uint_eq(allowed(&l, DATA, PADDED, 256, START), 0);
}
END_TEST

START_TEST(time_fills_a_purse_again)
{
	struct h2_limits l = begin();
	usec_t tenth = USEC_PER_SEC / 10;

	ck_assert_uint_eq(allowed(&l, SETTINGS, 0, 0, START), 5);
	ck_assert_uint_eq(allowed(&l, SETTINGS, 0, 0, START + tenth), 0);
	ck_assert_uint_eq(allowed(&l, SETTINGS, 0, 0, START + 2 * tenth), 1);
	ck_assert_uint_eq(allowed(&l, SETTINGS, 0, 0, START + 8 * tenth), 3);
	ck_assert_uint_eq(allowed(&l, SETTINGS, 0, 0, 2 * START), 5);
}
END_TEST

/* A client that only just keeps to the limit is never cut. */
START_TEST(the_rate_itself_is_allowed_for_ever)
{
	struct h2_limits l = begin();

	for (unsigned i = 0; i < 10000; i++)
		ck_assert(h2_limits_frame(&l, SETTINGS, 0, 0,
		    START + (usec_t)i * USEC_PER_SEC / 5));
}
END_TEST

START_TEST(requests_and_data_of_ours_earn_frames)
{
	struct h2_limits l = begin();

	ck_assert_uint_eq(allowed(&l, WINDOW_UPDATE, 0, 4, START), 100);
	ck_assert(h2_limits_frame(&l, HEADERS, 0, 10, START));
	ck_assert_uint_eq(allowed(&l, WINDOW_UPDATE, 0, 4, START), 4);
	h2_limits_sent(&l, 1);
	ck_assert_uint_eq(allowed(&l, WINDOW_UPDATE, 0, 4, START), 3);
	h2_limits_sent(&l, 16384);
	ck_assert_uint_eq(allowed(&l, WINDOW_UPDATE, 0, 4, START), 11);
}
END_TEST

START_TEST(nobody_earns_more_than_a_purse_holds)
{
	struct h2_limits l = begin();

	for (unsigned i = 0; i < 1000; i++)
		h2_limits_sent(&l, SIZE_MAX);
	ck_assert_uint_eq(allowed(&l, WINDOW_UPDATE, 0, 4, START), 100);
	h2_limits_sent(&l, SIZE_MAX);
	ck_assert_uint_eq(allowed(&l, WINDOW_UPDATE, 0, 4, START), 100);
}
END_TEST

START_TEST(continuations_are_those_of_one_head)
{
	struct h2_limits l = begin();

	for (unsigned i = 0; i < 10; i++) {
		ck_assert(h2_limits_frame(&l, HEADERS, 0, 10, START));
		ck_assert_uint_eq(allowed(&l, CONTINUATION, 0, 0, START), 3);
		ck_assert_int_eq(l.fault, FAULT_continuations_many);
	}
}
END_TEST

START_TEST(a_head_is_decoded_somewhat_beyond_its_limit)
{
	struct h2_limits l = begin();

	ck_assert(h2_limits_field(&l, 4000, 1000));
	ck_assert(!h2_limits_field(&l, 1, 1000));
	ck_assert_int_eq(l.fault, FAULT_head_large);
	ck_assert(h2_limits_frame(&l, HEADERS, 0, 10, START));
	ck_assert(h2_limits_field(&l, 4000, 1000));
}
END_TEST

START_TEST(a_count_of_0_is_no_limit)
{
	static const struct conf_h2_limits none = {.continuations = 1};
	struct h2_limits l;

	h2_limits_begin(&l, &none);
	ck_assert_uint_eq(allowed(&l, PING, 0, 8, START), 1000);
	ck_assert_uint_eq(allowed(&l, SETTINGS, 0, 8, START), 1000);
	ck_assert_uint_eq(allowed(&l, PRIORITY, 0, 5, START), 1000);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert(h2_limits_reset(&l, START));
	h2_limits_sent(&l, 1000);
}
END_TEST

START_TEST(a_peer_that_is_trusted_has_none)
{
	struct h2_limits l;

	h2_limits_begin(&l, NULL);
	ck_assert_uint_eq(allowed(&l, CONTINUATION, 0, 8, START), 1000);
	ck_assert_uint_eq(allowed(&l, UNKNOWN, 0, 8, START), 1000);
	ck_assert(h2_limits_reset(&l, START));
	ck_assert(h2_limits_field(&l, 4001, 1000));
	h2_limits_sent(&l, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("h2_limits");
	TCase *tc = tcase_create("purses");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, each_kind_has_a_purse_of_its_own);
	tcase_add_test(tc, answers_to_nothing_count_too);
	tcase_add_loop_test(tc, what_moves_nothing_is_paid_from_one_purse, 0,
	    sizeof(useless) / sizeof(useless[0]));
	tcase_add_test(tc, data_that_moves_something_is_free);
	tcase_add_test(tc, time_fills_a_purse_again);
	tcase_add_test(tc, the_rate_itself_is_allowed_for_ever);
	tcase_add_test(tc, requests_and_data_of_ours_earn_frames);
	tcase_add_test(tc, nobody_earns_more_than_a_purse_holds);
	tcase_add_test(tc, continuations_are_those_of_one_head);
	tcase_add_test(tc, a_head_is_decoded_somewhat_beyond_its_limit);
	tcase_add_test(tc, a_count_of_0_is_no_limit);
	tcase_add_test(tc, a_peer_that_is_trusted_has_none);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
