/*
 * test_h2_frames.c - heads of frames, however their bytes arrive.
 */
#include "worker/http/h2_frames.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define START (1000 * USEC_PER_SEC)
#define ROOM 40000

static const struct conf_h2_limits conf = {
    .settings = {.count = 5, .over = USEC_PER_SEC}, .continuations = 10};

enum { DATA, HEADERS, PRIORITY, SETTINGS = 4, CONTINUATION = 9 };

static struct {
	struct h2_frames frames;
	struct h2_limits limits;
	char bytes[ROOM];
	size_t n;
} on;

static void begin(void)
{
	h2_frames_begin(&on.frames, true);
	h2_limits_begin(&on.limits, &conf);
	on.n = 24; /* the preface */
	memset(on.bytes, SETTINGS, ROOM);
}

/* One more frame; its payload looks like more of them. */
static void add(unsigned type, unsigned stream, size_t length)
{
	char head[9] = {0, (char)(length >> 8), (char)length, (char)type, 0,
	    (char)(stream >> 24), (char)(stream >> 16), (char)(stream >> 8),
	    (char)stream};

	ck_assert_uint_lt(on.n + sizeof(head) + length, ROOM);
	memcpy(on.bytes + on.n, head, sizeof(head));
	on.n += sizeof(head) + length;
}

/* STEP bytes at a time; how many are for nghttp2, and the code. */
static size_t scan(size_t step, enum h2_code *code_r)
{
	size_t at = 0;

	*code_r = H2_NO_ERROR;
	while (at < on.n && *code_r == H2_NO_ERROR) {
		size_t n = step < on.n - at ? step : on.n - at;

		at += h2_frames_scan(&on.frames, &on.limits,
		    str_make(on.bytes + at, n), START, code_r);
	}
	return at;
}

static void must_be(enum h2_code wanted)
{
	enum h2_code code;

	(void)scan(ROOM, &code);
	ck_assert_int_eq(code, wanted);
	on.n = 0;
}

START_TEST(it_does_not_matter_how_bytes_arrive)
{
	for (size_t step = 1; step < 100; step++) {
		enum h2_code code;

		begin();
		for (unsigned i = 0; i < 5; i++)
			add(SETTINGS, 0, i * 6);
		ck_assert_uint_eq(scan(step, &code), on.n);
		ck_assert_int_eq(code, H2_NO_ERROR);
		on.n = 0;
		add(SETTINGS, 0, 0);
		ck_assert_uint_lt(scan(step, &code), 9);
		ck_assert_int_eq(code, H2_ENHANCE_YOUR_CALM);
		ck_assert_int_eq(on.limits.fault, FAULT_settings_many);
	}
}
END_TEST

START_TEST(what_comes_before_the_bad_frame_is_told)
{
	enum h2_code code;

	begin();
	add(SETTINGS, 0, 6);
	add(DATA, 1, 1000);
	add(PRIORITY, 0, 5);
	ck_assert_uint_eq(scan(ROOM, &code), on.n - 14);
	ck_assert_int_eq(code, H2_PROTOCOL_ERROR);
}
END_TEST

START_TEST(a_continuation_is_bounded)
{
	begin();
	add(CONTINUATION, 1, 16384);
	must_be(H2_NO_ERROR);
	add(CONTINUATION, 1, 16385);
	must_be(H2_FRAME_SIZE_ERROR);
}
END_TEST

START_TEST(a_priority_is_that_of_a_stream)
{
	begin();
	add(PRIORITY, 1, 5);
	must_be(H2_NO_ERROR);
	add(PRIORITY, 0x80000000, 5);
	must_be(H2_PROTOCOL_ERROR);
}
END_TEST

/* And trailers may come late, of streams that were opened. */
START_TEST(what_was_left_out_is_not_opened)
{
	static const unsigned good[] = {1, 1, 3, 9, 3, 9, 11, 9, 1, 101, 11};
	static const unsigned bad[] = {13, 55, 99};

	begin();
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		add(HEADERS, good[i], 10);
		must_be(H2_NO_ERROR);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		add(HEADERS, bad[i], 10);
		must_be(H2_PROTOCOL_ERROR);
		on.frames.skip = 0;
	}
}
END_TEST

START_TEST(the_first_stream_may_be_the_last)
{
	begin();
	add(HEADERS, 0x7fffffff, 10);
	must_be(H2_NO_ERROR);
	add(HEADERS, 1, 10);
	must_be(H2_PROTOCOL_ERROR);
}
END_TEST

START_TEST(servers_have_no_preface_and_open_nothing)
{
	begin();
	h2_frames_begin(&on.frames, false);
	on.n = 0;
	add(HEADERS, 9, 10);
	add(HEADERS, 3, 10);
	must_be(H2_NO_ERROR);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("h2_frames");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, it_does_not_matter_how_bytes_arrive);
	tcase_add_test(tc, what_comes_before_the_bad_frame_is_told);
	tcase_add_test(tc, a_continuation_is_bounded);
	tcase_add_test(tc, a_priority_is_that_of_a_stream);
	tcase_add_test(tc, what_was_left_out_is_not_opened);
	tcase_add_test(tc, the_first_stream_may_be_the_last);
	tcase_add_test(tc, servers_have_no_preface_and_open_nothing);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
