/*
 * test_head_scan.c - scanning 16 or 32 bytes at a time, against one at a time.
 *
 * Each test runs with the processor's AVX2, if it has it, and without.
 * test_head_scan_portable.c runs the same with the portable code.
 */
#include "tests/unit/test_head.h"

#include "worker/http/scan.h"

#define SIZE 160

typedef const char *(*scan_function)(const char *p, const char *end);

static bool is_token(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') ||
	    (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_value(int c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

static bool is_visible(int c)
{
	return c > ' ' && c < 0x7f;
}

static const struct {
	scan_function scan;
	bool (*belongs)(int c);
	char usual;
} scans[] = {
    {scan_token, is_token, 'a'},
    {scan_value, is_value, 'a'},
    {scan_visible, is_visible, 'a'},
    {scan_token, is_token, '_'},
    {scan_token, is_token, '-'},
    {scan_value, is_value, '\xff'},
    {scan_value, is_value, '\t'},
    {scan_visible, is_visible, '~'},
};

/* Every byte at every place of a text of N bytes. */
static void try_length(size_t n, int i)
{
	char text[SIZE];
	char *p = text + SIZE - n;

	memset(p, scans[i].usual, n);
	ck_assert_ptr_eq(scans[i].scan(p, p + n), p + n);
	for (size_t at = 0; at < n; at++) {
		for (int c = 0; c < 256; c++) {
			const char *stop = p + n;

			p[at] = (char)c;
			if (!scans[i].belongs(c))
				stop = p + at;
			if (scans[i].scan(p, p + n) != stop)
				ck_abort_msg("byte %d", c);
		}
		p[at] = scans[i].usual;
	}
}

/* Up to two blocks, and around where the far ones begin and end. */
START_TEST(scan_stops_at_the_first_foreign_byte)
{
	for (size_t n = 0; n <= 40; n++)
		try_length(n, _i);
	for (size_t n = SCAN_NEAR - 1; n < SIZE; n += 5)
		try_length(n, _i);
}
END_TEST

START_TEST(bytes_are_counted)
{
	static char text[16 * 600 + 7];
	size_t expected = 0;

	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = i % 3 == 0 || i < 16 * 300 ? '\n' : '\r';
		expected += text[i] == '\n';
	}
	ck_assert_uint_eq(scan_count(text, sizeof(text), '\n'), expected);
	for (size_t n = 0; n < 70; n++)
		ck_assert_uint_eq(scan_count(text, n, '\n'), n);
}
END_TEST

/* The same, one byte after the other. */
static size_t slow_head_end(const char *p, size_t n)
{
	size_t line = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] != '\n')
			continue;
		if (i == line || (i == line + 1 && p[line] == '\r'))
			return i + 1;
		line = i + 1;
	}
	return 0;
}

/* All texts of 7 bytes of CR, LF and another, at all places around the
 * edges of the blocks that are compared at once. */
START_TEST(head_end_is_the_first_empty_line)
{
	char text[SIZE];

	for (size_t offset = 0; offset < 80; offset++) {
		for (unsigned pattern = 0; pattern < 2187; pattern++) {
			size_t n = offset + 7;
			unsigned rest = pattern;

			memset(text, 'a', sizeof(text));
			for (size_t i = 0; i < 7; i++, rest /= 3)
				text[offset + i] = "\r\nx"[rest % 3];
			if (scan_head_end(text, n, 0) !=
				slow_head_end(text, n) ||
			    scan_head_end(text, SIZE, 0) !=
				slow_head_end(text, SIZE))
				ck_abort_msg("pattern %u", pattern);
		}
	}
}
END_TEST

static void without_avx2(void)
{
	(void)scan_use_avx2(false);
}

static TCase *all_tests(const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, scan_stops_at_the_first_foreign_byte, 0,
	    (int)(sizeof(scans) / sizeof(scans[0])));
	tcase_add_test(tcase, bytes_are_counted);
	tcase_add_test(tcase, head_end_is_the_first_empty_line);
	return tcase;
}

int main(void)
{
	Suite *suite = suite_create("scan");
	TCase *narrow = all_tests("without AVX2");

	tcase_add_checked_fixture(narrow, without_avx2, NULL);
	suite_add_tcase(suite, all_tests("as the processor can"));
	suite_add_tcase(suite, narrow);
	return run_suite(suite);
}
