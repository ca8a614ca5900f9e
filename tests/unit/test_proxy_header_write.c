/*
 * test_proxy_header_write.c - what is written is what was to be told, byte by
 * byte, and is read back as the same.
 */
#include <check.h>
#include <stdlib.h>

#include "worker/conn/proxy_header.h"

#define BYTES(literal) {(literal), sizeof(literal) - 1}
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static const struct row {
	const char *from, *to; /* "": unix; NULL: it tells nothing */
	struct str v1, v2;
} rows[] = {
    {"192.0.2.1", "10.0.0.1",
	BYTES("PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n"),
	BYTES(SIGNATURE "\x21\x11\0\x0c\xc0\0\2\1\x0a\0\0\1\xdc\4\1\xbb")},
    {"2001:db8::1", "2001:db8::2",
	BYTES("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"),
	BYTES(SIGNATURE "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
	    "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\xdc\4\1\xbb")},
    {"192.0.2.1", "2001:db8::2",
	BYTES("PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 56324 443\r\n"),
	BYTES(SIGNATURE "\x21\x21\0\x24\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"
	    "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\xdc\4\1\xbb")},
    {"", "", BYTES("PROXY UNKNOWN\r\n"), BYTES(SIGNATURE "\x21\0\0\0")},
    {"", "10.0.0.1", BYTES("PROXY UNKNOWN\r\n"),
	BYTES(SIGNATURE "\x21\0\0\0")},
    {NULL, NULL, BYTES("PROXY UNKNOWN\r\n"), BYTES(SIGNATURE "\x20\0\0\0")},
};

static struct ip ip_from(const char *text)
{
	struct ip ip = {.family = AF_UNIX};

	if (text != NULL && text[0] != '\0')
		ck_assert(ip_parse(str_from(text), &ip));
	return ip;
}

static struct proxy_header header_of(const struct row *row)
{
	return (struct proxy_header){.tells = row->from != NULL,
	    .from = ip_from(row->from),
	    .to = ip_from(row->to),
	    .from_port = 56324,
	    .to_port = 443};
}

static void check(const struct row *row, unsigned version, struct str wanted)
{
	struct proxy_header h = header_of(row), again;
	char text[PROXY_HEADER_WRITTEN];
	struct out o = out_make(text, sizeof(text));
	size_t size;

	proxy_header_write(&o, version, &h);
	ck_assert(out_ok(&o));
	ck_assert_uint_eq(o.n, wanted.n);
	ck_assert_mem_eq(o.p, wanted.p, wanted.n);
	ck_assert_int_eq(proxy_header_read(out_text(&o), &again, &size),
	    PROXY_OK);
	ck_assert_uint_eq(size, o.n);
	if (!again.tells)
		return;
	ck_assert(ip_eq(&again.from, &h.from) && ip_eq(&again.to, &h.to));
	ck_assert_uint_eq(again.from_port, 56324);
	ck_assert_uint_eq(again.to_port, 443);
}

START_TEST(version_1_is_a_line)
{
	check(&rows[_i], 1, rows[_i].v1);
}
END_TEST

START_TEST(version_2_is_binary)
{
	check(&rows[_i], 2, rows[_i].v2);
}
END_TEST

START_TEST(the_longest_has_room)
{
	struct row row = {.from = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    .to = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
	struct proxy_header h = header_of(&row);
	char text[PROXY_HEADER_WRITTEN];
	struct out o = out_make(text, sizeof(text));

	h.from_port = h.to_port = UINT16_MAX;
	proxy_header_write(&o, 1, &h);
	ck_assert(out_ok(&o));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proxy_header_write");
	TCase *tcase = tcase_create("written");
	int count = sizeof(rows) / sizeof(rows[0]);
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, version_1_is_a_line, 0, count);
	tcase_add_loop_test(tcase, version_2_is_binary, 0, count);
	tcase_add_test(tcase, the_longest_has_room);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
