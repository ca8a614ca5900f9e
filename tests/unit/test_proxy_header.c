/*
 * test_proxy_header.c - headers of the PROXY protocol, right and wrong.
 */
#include <check.h>
#include <stdlib.h>

#include "worker/conn/proxy_header.h"

#define TEXT(literal) {(literal), sizeof(literal) - 1}
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define IP4 "\xc0\0\2\1" "\x0a\0\0\1" "\xdc\4" "\1\xbb"
#define IP6_FROM "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define IP6_TO "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1"

struct row {
	struct str header;
	const char *expected; /* "from:port to:port", "-": tells nothing; or
				 the fault */
};

static const struct row wholes[] = {
    {TEXT("PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n"),
	"192.0.2.1:56324 10.0.0.1:443"},
    {TEXT("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
	"255.255.255.255:65535 255.255.255.255:65535"},
    {TEXT("PROXY TCP4 192.0.2.1 10.0.0.1 0 1\r\n"),
	"192.0.2.1:0 10.0.0.1:1"},
    {TEXT("PROXY TCP6 2001:db8::1 2001:DB8:0::2 1 2\r\n"),
	"2001:db8::1:1 2001:db8::2:2"},
    {TEXT("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:10.0.0.1 1 2\r\n"),
	"192.0.2.1:1 10.0.0.1:2"},
    {TEXT("PROXY UNKNOWN\r\n"), "-"},
    {TEXT("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"), "-"},
    {TEXT(SIGNATURE "\x21\x11\0\x0c" IP4), "192.0.2.1:56324 10.0.0.1:443"},
    {TEXT(SIGNATURE "\x21\x21\0\x24" IP6_FROM IP6_TO "\0\1\0\2"),
	"2001:db8::1:1 10.0.0.1:2"},
    {TEXT(SIGNATURE "\x21\x11\0\x16" IP4 "\4\0\3abc" "\5\0\1x"),
	"192.0.2.1:56324 10.0.0.1:443"},
    {TEXT(SIGNATURE "\x21\x11\0\x0f" IP4 "\4\0\0"),
	"192.0.2.1:56324 10.0.0.1:443"},
    /* The checksum was reckoned by another program. */
    {TEXT(SIGNATURE "\x21\x21\0\x31" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1" "\0\1\0\2" "\4\0\3abc"
	"\3\0\4\xb9\x68\xce\xa8"), ":::1 ::1:2"},
    {TEXT(SIGNATURE "\x21\0\0\0"), "-"},
    {TEXT(SIGNATURE "\x21\0\0\2zz"), "-"},
    {TEXT(SIGNATURE "\x20\0\0\0"), "-"},
    {TEXT(SIGNATURE "\x20\xff\0\5trash"), "-"},
};

static void write_header(struct out *o, const struct proxy_header *h)
{
	if (!h->tells) {
		out_char(o, '-');
		return;
	}
	ip_write(&h->from, o);
	out_fmt(o, ":%u ", h->from_port);
	ip_write(&h->to, o);
	out_fmt(o, ":%u", h->to_port);
}

static void check_told(const struct proxy_header *h, const char *expected)
{
	char text[2 * IP_TEXT_MAX + 20];
	struct out o = out_make(text, sizeof(text));

	write_header(&o, h);
	ck_assert_str_eq(out_cstr(&o), expected);
}

START_TEST(header_tells_who_the_client_is)
{
	struct proxy_header h;
	size_t size;

	ck_assert_int_eq(proxy_header_read(wholes[_i].header, &h, &size),
	    PROXY_OK);
	ck_assert_uint_eq(size, wholes[_i].header.n);
	check_told(&h, wholes[_i].expected);
}
END_TEST

START_TEST(what_follows_the_header_is_not_its_own)
{
	struct str header = wholes[_i].header;
	char text[512];
	struct out o = out_make(text, sizeof(text));
	struct proxy_header h;
	size_t size;

	out_str(&o, header);
	out_lit(&o, "\r\nPROXY TCP4 9.9.9.9 9.9.9.9 9 9\r\n");
	ck_assert_int_eq(proxy_header_read(out_text(&o), &h, &size), PROXY_OK);
	ck_assert_uint_eq(size, header.n);
	check_told(&h, wholes[_i].expected);
}
END_TEST

/* Never so many that a byte behind the header would be waited for. */
START_TEST(cut_header_asks_for_more_but_not_for_too_much)
{
	struct str header = wholes[_i].header;

	for (size_t n = 0; n < header.n; n++) {
		char *copy = malloc(n > 0 ? n : 1);
		struct proxy_header h;
		size_t size;

		memcpy(copy, header.p, n);
		ck_assert_int_eq(proxy_header_read(str_make(copy, n), &h,
			&size), PROXY_OK);
		ck_assert_uint_gt(size, n);
		ck_assert_uint_le(size, header.n);
		ck_assert(!h.tells);
		free(copy);
	}
}
END_TEST

static const struct row refused[] = {
    {TEXT("GET / HTTP/1.1\r\n"), "missing"},
    {TEXT("\x16\3\1\2\0"), "missing"},
    {TEXT("proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n"), "missing"},
    {TEXT(" PROXY"), "missing"},
    {TEXT("\r\n\r\n\0\r\nQUIT\r"), "missing"},
    {TEXT("PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n"), "line"},
    {TEXT("PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n"), "line"},
    {TEXT("PROXY tcp4 1.1.1.1 1.1.1.1 1 1\r\n"), "line"},
    {TEXT("PROXY \r\n"), "line"},
    {TEXT("PROXY UNKNOWNS\r\n"), "line"},
    {TEXT("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n"), "line"},
    {TEXT("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\r\n"), "line"},
    {TEXT("PROXY TCP4 1.1.1.1\t1.1.1.1 1 1\r\n"), "line"},
    {TEXT("PROXY UNKNOWN \0\r\n"), "line"},
    {TEXT("PROXY TCP4\r\n"), "address"},
    {TEXT("PROXY TCP4 1.1.1.1\r\n"), "address"},
    {TEXT("PROXY TCP4 1.1.1.01 1.1.1.1 1 1\r\n"), "address"},
    {TEXT("PROXY TCP4 1.1.1 1.1.1.1 1 1\r\n"), "address"},
    {TEXT("PROXY TCP4 1.1.1.1  1.1.1.1 1 1\r\n"), "address"},
    {TEXT("PROXY TCP4 ::1 1.1.1.1 1 1\r\n"), "address"},
    {TEXT("PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n"), "address"},
    {TEXT("PROXY TCP6 ::1%lo ::1 1 1\r\n"), "address"},
    {TEXT("PROXY TCP6 [::1] ::1 1 1\r\n"), "address"},
    {TEXT("PROXY TCP4 1.1.1.1 1.1.1.1\r\n"), "port"},
    {TEXT("PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n"), "port"},
    {TEXT("PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n"), "port"},
    {TEXT("PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n"), "port"},
    {TEXT("PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n"), "port"},
    {TEXT("PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n"), "port"},
    {TEXT("PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n"), "port"},
    {TEXT("PROXY UNKNOWN 34567890123456789012345678901234567890123456789012"
	"345678901234567890123456789012345678901234567890123456\r\n"),
	"length"},
    {TEXT(SIGNATURE "\x11\x11\0\x0c" IP4), "version"},
    {TEXT(SIGNATURE "\x31\x11\0\x0c" IP4), "version"},
    {TEXT(SIGNATURE "\x22\x11\0\x0c" IP4), "command"},
    {TEXT(SIGNATURE "\x21\x12\0\x0c" IP4), "family"},
    {TEXT(SIGNATURE "\x21\x10\0\x0c" IP4), "family"},
    {TEXT(SIGNATURE "\x21\x01\0\x0c" IP4), "family"},
    {TEXT(SIGNATURE "\x21\x41\0\x0c" IP4), "family"},
    {TEXT(SIGNATURE "\x21\x11\0\x0b" IP4), "length"},
    {TEXT(SIGNATURE "\x21\x21\0\x0c" IP4), "length"},
    {TEXT(SIGNATURE "\x21\x31\0\x0c" IP4), "length"},
    {TEXT(SIGNATURE "\x21\x11\x0f\xf1" IP4), "length"},
    {TEXT(SIGNATURE "\x20\x11\xff\xff" IP4), "length"},
    {TEXT(SIGNATURE "\x21\x11\0\x0e" IP4 "\4\0"), "value"},
    {TEXT(SIGNATURE "\x21\x11\0\x10" IP4 "\4\0\2x"), "value"},
    {TEXT(SIGNATURE "\x21\x11\0\x13" IP4 "\3\0\4\0\0\0\0"), "checksum"},
    {TEXT(SIGNATURE "\x21\x11\0\x0f" IP4 "\3\0\0"), "checksum"},
};

static const char *fault_name(enum proxy_fault fault)
{
	static const char *const names[] = {
	    [PROXY_OK] = "nothing",
#define PROXY_FAULT(name, text) [PROXY_##name] = #name,
#include "common/tbl/proxy_faults.h"
#undef PROXY_FAULT
	};

	return names[fault];
}

START_TEST(malformed_header_is_refused_and_tells_nothing)
{
	struct proxy_header h;
	size_t size;
	enum proxy_fault fault =
	    proxy_header_read(refused[_i].header, &h, &size);

	ck_assert_str_eq(fault_name(fault), refused[_i].expected);
	ck_assert(!h.tells);
	ck_assert(proxy_fault_text(fault)[0] != '\0');
}
END_TEST

START_TEST(unix_client_has_no_address)
{
	char text[16 + 216] = SIGNATURE "\x21\x31\0\xd8/run/app.sock";
	struct proxy_header h;
	size_t size;

	ck_assert_int_eq(proxy_header_read(str_make(text, sizeof(text)), &h,
		&size), PROXY_OK);
	ck_assert_uint_eq(size, sizeof(text));
	check_told(&h, "unix:0 unix:0");
}
END_TEST

START_TEST(longest_header_is_taken)
{
	static char text[PROXY_HEADER_MAX + 1] =
	    SIGNATURE "\x21\x11\x0f\xf0" IP4 "\xee\x0f\xe1";
	struct proxy_header h;
	size_t size;

	ck_assert_int_eq(proxy_header_read(str_make(text, sizeof(text)), &h,
		&size), PROXY_OK);
	ck_assert_uint_eq(size, PROXY_HEADER_MAX);
	check_told(&h, "192.0.2.1:56324 10.0.0.1:443");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proxy_header");
	TCase *tc = tcase_create("proxy_header");
	SRunner *runner = srunner_create(suite);
	int rows = (int)(sizeof(wholes) / sizeof(wholes[0]));
	int failed;

	tcase_add_loop_test(tc, header_tells_who_the_client_is, 0, rows);
	tcase_add_loop_test(tc, what_follows_the_header_is_not_its_own, 0,
	    rows);
	tcase_add_loop_test(tc, cut_header_asks_for_more_but_not_for_too_much,
	    0, rows);
	tcase_add_loop_test(tc, malformed_header_is_refused_and_tells_nothing,
	    0, (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tc, unix_client_has_no_address);
	tcase_add_test(tc, longest_header_is_taken);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
