/*
 * test_head_reply.c - reply heads: the verdict of each, and how its body ends.
 */
#include "tests/unit/test_head.h"

#define END "\r\n"
#define OK "HTTP/1.1 200 OK\r\n"

struct row {
	struct str text;
	enum fault fault;
};

static const struct row verdicts[] = {
    {TEXT(OK END), FAULT_NONE},
    {TEXT("HTTP/1.0 200 OK\r\n" END), FAULT_NONE},
    {TEXT("HTTP/1.3 200 OK\r\n" END), FAULT_NONE},
    {TEXT("HTTP/1.1 200 \r\n" END), FAULT_NONE},
    {TEXT("HTTP/1.1 200\r\n" END), FAULT_NONE},
    {TEXT("HTTP/1.1 200  a\tb \xff\r\n" END), FAULT_NONE},
    {TEXT("HTTP/1.1 100 Continue\r\n" END), FAULT_NONE},
    {TEXT("HTTP/1.1 599 x\r\n" END), FAULT_NONE},
    {TEXT("HTTP/1.1 099 x\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 600 x\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 999 x\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 20 OK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 2000 OK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 2x0 OK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 -20 OK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 200OK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 200\tOK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1  200 OK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1\t200 OK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1200 OK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 \r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 200 O\0K\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 200 O\x1bK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 200 O\x7fK\r\n" END), FAULT_status_line},
    {TEXT("HTTP/1.1 200 OK\rX\r\n" END), FAULT_line_end},
    {TEXT("HTTP/1.1 200 OK\n" END), FAULT_line_end},
    {TEXT("HTTP/1.1 200\n" END), FAULT_line_end},
    {TEXT("HTTP/1.1 200 OK\n\n"), FAULT_line_end},
    {TEXT("HTTP/2 200 OK\r\n" END), FAULT_version},
    {TEXT("HTTP/2.0 200 OK\r\n" END), FAULT_version_unknown},
    {TEXT("http/1.1 200 OK\r\n" END), FAULT_version},
    {TEXT("ICY 200 OK\r\n" END), FAULT_version},
    {TEXT(" HTTP/1.1 200 OK\r\n" END), FAULT_version},
    {TEXT("\r\n" OK END), FAULT_version},
    {TEXT("<html>\r\n" END), FAULT_version},
    {TEXT("\x16\x03\x01\r\n" END), FAULT_version},
    {TEXT(OK "A : b\r\n" END), FAULT_field_name},
    {TEXT(OK ": b\r\n" END), FAULT_field_name},
    {TEXT(OK "A b\r\n" END), FAULT_field_name},
    {TEXT(OK "A: b\r\n c\r\n" END), FAULT_obs_fold},
    {TEXT(OK " A: b\r\n" END), FAULT_obs_fold},
    {TEXT(OK "A: b\nC: d\r\n" END), FAULT_line_end},
    {TEXT(OK "A: b\rC: d\r\n" END), FAULT_line_end},
    {TEXT(OK "A: b\0\r\n" END), FAULT_field_value},
    {TEXT(OK "Content-Length: 1\r\nContent-Length: 1\r\n" END),
	FAULT_length_several},
    {TEXT(OK "Content-Length: 1, 1\r\n" END), FAULT_length_malformed},
    {TEXT(OK "Content-Length: -1\r\n" END), FAULT_length_malformed},
    {TEXT(OK "Content-Length:\r\n" END), FAULT_length_malformed},
    {TEXT(OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n" END),
	FAULT_length_and_coding},
    {TEXT(OK "Transfer-Encoding: gzip, chunked\r\n" END),
	FAULT_coding_unknown},
    {TEXT(OK "Transfer-Encoding: identity\r\n" END),
	FAULT_coding_malformed},
    {TEXT(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"
	END), FAULT_coding_several},
    {TEXT("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n" END),
	FAULT_coding_version},
    {TEXT("HTTP/1.1 304 x\r\nContent-Length: x\r\n" END),
	FAULT_length_malformed},
    {TEXT("HTTP/1.1 204 x\r\nContent-Length: 1\r\n"
	"Transfer-Encoding: chunked\r\n" END), FAULT_length_and_coding},
    {TEXT(OK "Connection: content-length\r\nContent-Length: 1\r\n" END),
	FAULT_connection},
    {TEXT(OK "Date: a\r\nDate: b\r\n" END), FAULT_singleton},
    {TEXT(OK "Expect: x\r\n" END), FAULT_NONE},
};

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

START_TEST(reply_verdict)
{
	const struct row *row = &verdicts[_i];
	struct parsed p;

	parse_reply(&p, row->text, METHOD_GET);
	ck_assert_msg(p.fault == row->fault, "%" PRI_STR ": %s, expected %s",
	    ARG_STR(row->text), fault_name(p.fault), fault_name(row->fault));
	parsed_free(&p);
}
END_TEST

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

	tcase_add_loop_test(tcase, reply_verdict, 0, COUNT(verdicts));
	tcase_add_loop_test(tcase, reply_body_ends, 0, COUNT(framings));
	tcase_add_test(tcase, status_line_is_understood);
	tcase_add_test(tcase, upgrade_of_a_reply_is_kept);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
