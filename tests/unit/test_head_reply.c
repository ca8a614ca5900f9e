/*
 * test_head_reply.c - how the body of a reply ends, and what else its head
 * says.
 *
 * What is malformed in one is in tests/cases.
 */
#include "tests/unit/test_head.h"

#define END "\r\n"
#define OK "HTTP/1.1 200 OK\r\n"

struct framing_row {
	struct str text;
	enum method method;
	enum framing_kind kind;
	uint64_t length;
	bool keep_alive;
};

static const struct framing_row framings[] = {
    {TEXT(OK "Content-Length: 7\r\n" END), METHOD_GET, FRAMING_LENGTH, 7,
	true},
    {TEXT(OK "Content-Length: 0\r\n" END), METHOD_GET, FRAMING_LENGTH, 0,
	true},
    {TEXT(OK "Transfer-Encoding: chunked\r\n" END), METHOD_GET,
	FRAMING_CHUNKED, 0, true},
    {TEXT(OK END), METHOD_GET, FRAMING_CLOSE, 0, false},
    {TEXT(OK "Connection: keep-alive\r\n" END), METHOD_GET, FRAMING_CLOSE, 0,
	false},
    {TEXT("HTTP/1.0 200 OK\r\nContent-Length: 7\r\n" END), METHOD_GET,
	FRAMING_LENGTH, 7, false},
    {TEXT("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
	"Content-Length: 7\r\n" END), METHOD_GET, FRAMING_LENGTH, 7, true},
    {TEXT(OK "Connection: close\r\nContent-Length: 7\r\n" END), METHOD_GET,
	FRAMING_LENGTH, 7, false},
    {TEXT(OK "Content-Length: 7\r\n" END), METHOD_HEAD, FRAMING_NONE, 7,
	true},
    {TEXT(OK "Transfer-Encoding: chunked\r\n" END), METHOD_HEAD,
	FRAMING_NONE, 0, true},
    {TEXT(OK END), METHOD_HEAD, FRAMING_NONE, 0, true},
    {TEXT("HTTP/1.1 304 x\r\nContent-Length: 7\r\n" END), METHOD_GET,
	FRAMING_NONE, 7, true},
    {TEXT("HTTP/1.1 304 x\r\n" END), METHOD_GET, FRAMING_NONE, 0, true},
    {TEXT("HTTP/1.1 204 x\r\n" END), METHOD_GET, FRAMING_NONE, 0, true},
    {TEXT("HTTP/1.1 204 x\r\nContent-Length: 0\r\n" END), METHOD_GET,
	FRAMING_NONE, 0, true},
    {TEXT("HTTP/1.1 204 x\r\nContent-Length: 7\r\n" END), METHOD_GET,
	FRAMING_NONE, 0, false},
    {TEXT("HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n" END), METHOD_GET,
	FRAMING_NONE, 0, false},
    {TEXT("HTTP/1.1 100 x\r\n" END), METHOD_POST, FRAMING_NONE, 0, true},
    {TEXT("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
	END), METHOD_GET, FRAMING_NONE, 0, true},
    {TEXT("HTTP/1.1 205 x\r\nContent-Length: 0\r\n" END), METHOD_GET,
	FRAMING_LENGTH, 0, true},
    {TEXT(OK "Content-Length: 7\r\n" END), METHOD_CONNECT, FRAMING_NONE, 0,
	false},
    {TEXT("HTTP/1.1 405 x\r\nContent-Length: 7\r\n" END), METHOD_CONNECT,
	FRAMING_LENGTH, 7, true},
};

START_TEST(reply_body_ends)
{
	const struct framing_row *row = &framings[_i];
	struct parsed p;

	parse_reply(&p, row->text, row->method);
	check_fault(&p, FAULT_NONE);
	ck_assert_int_eq(p.m.framing.kind, row->kind);
	ck_assert_uint_eq(p.m.framing.length, row->length);
	ck_assert_int_eq(p.m.keep_alive, row->keep_alive);
	parsed_free(&p);
}
END_TEST

START_TEST(status_line_is_understood)
{
	struct parsed p;

	parse_reply(&p, STR("HTTP/1.0 404 Not  Found\r\n\r\n"), METHOD_GET);
	check_fault(&p, FAULT_NONE);
	ck_assert_uint_eq(p.m.status, 404);
	ck_assert_uint_eq(p.m.minor, 0);
	check_text(p.m.reason, STR("Not  Found"));
	parsed_free(&p);
}
END_TEST

START_TEST(upgrade_of_a_reply_is_kept)
{
	struct parsed p;

	parse_reply(&p, STR("HTTP/1.1 101 x\r\nConnection: Upgrade\r\n"
			    "Upgrade: websocket\r\n\r\n"), METHOD_GET);
	check_fault(&p, FAULT_NONE);
	check_text(p.m.upgrade, STR("websocket"));
	parsed_free(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reply head");
	TCase *tcase = tcase_create("reply");

	tcase_add_loop_test(tcase, reply_body_ends, 0, COUNT(framings));
	tcase_add_test(tcase, status_line_is_understood);
	tcase_add_test(tcase, upgrade_of_a_reply_is_kept);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
