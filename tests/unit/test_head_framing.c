/*
 * test_head_framing.c - requests whose fields contradict each other, or could
 * be read as a body of another length: the verdict of each.
 *
 * The rows of models.md section 4 that concern framing, and RFC 9112, 6.
 */
#include "tests/unit/test_head.h"

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: a.example\r\n"
#define END "\r\n"
#define POST "POST / HTTP/1.1\r\n" HOST
#define OLD "HTTP/1.0\r\n" HOST

static const struct verdict framing[] = {
    {TEXT(POST "Content-Length: 5\r\n" END), FAULT_NONE},
    {TEXT(POST "Content-Length: 0\r\n" END), FAULT_NONE},
    {TEXT(POST "Content-Length: 007\r\n" END), FAULT_NONE},
    {TEXT(POST "Content-Length: 4611686018427387904\r\n" END), FAULT_NONE},
    {TEXT(POST "Content-Length: 4611686018427387905\r\n" END),
	FAULT_length_malformed},
    {TEXT(POST "Content-Length: 18446744073709551621\r\n" END),
	FAULT_length_malformed},
    {TEXT(POST "Content-Length: 99999999999999999999999\r\n" END),
	FAULT_length_malformed},
    {TEXT(POST "Content-Length:\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: \r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: +5\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: -5\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: 0x5\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: 5a\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: 5.0\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: 5 5\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: \"5\"\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: 5,\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: ,5\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: 5, 5\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: 5, 6\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: \xd9\xa5\r\n" END), FAULT_length_malformed},
    {TEXT(POST "Content-Length: 5\r\nContent-Length: 5\r\n" END),
	FAULT_length_several},
    {TEXT(POST "Content-Length: 5\r\ncontent-length: 6\r\n" END),
	FAULT_length_several},
    {TEXT(POST "Transfer-Encoding: chunked\r\n" END), FAULT_NONE},
    {TEXT(POST "transfer-encoding:ChUnKeD\r\n" END), FAULT_NONE},
    {TEXT(POST "Transfer-Encoding: \t chunked \t\r\n" END), FAULT_NONE},
    {TEXT(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END),
	FAULT_length_and_coding},
    {TEXT(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END),
	FAULT_length_and_coding},
    {TEXT(POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n" END),
	FAULT_length_and_coding},
    {TEXT(POST "Transfer-Encoding: x\r\nContent-Length: 5\r\n" END),
	FAULT_length_and_coding},
    {TEXT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"
	END), FAULT_coding_several},
    {TEXT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n" END),
	FAULT_coding_several},
    {TEXT(POST "Transfer-Encoding: chunked, chunked\r\n" END),
	FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: gzip, chunked\r\n" END),
	FAULT_coding_unknown},
    {TEXT(POST "Transfer-Encoding: chunked, gzip\r\n" END),
	FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: gzip, chunked, chunked\r\n" END),
	FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: gzip\r\n" END), FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: identity\r\n" END), FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding:\r\n" END),
	FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: chunked,\r\n" END),
	FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: xchunked\r\n" END),
	FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: chunkedx\r\n" END),
	FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: \"chunked\"\r\n" END),
	FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: chunked;a=b\r\n" END),
	FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: chun\xe2\x84\xaa" "ed\r\n" END),
	FAULT_coding_malformed},
    {TEXT(POST "Transfer-Encoding: \x0b" "chunked\r\n" END),
	FAULT_field_value},
    {TEXT(POST "Transfer-Encoding : chunked\r\n" END), FAULT_field_name},
    {TEXT(POST "Transfer-Encoding:\r\n chunked\r\n" END), FAULT_obs_fold},
    {TEXT("POST / " OLD "Transfer-Encoding: chunked\r\n" END),
	FAULT_coding_version},
    {TEXT("GET / " OLD "Content-Length: 5\r\n" END), FAULT_body_refused},
    {TEXT("HEAD / " OLD "Content-Length: 5\r\n" END), FAULT_body_refused},
    {TEXT("DELETE / " OLD "Content-Length: 5\r\n" END), FAULT_body_refused},
    {TEXT("GET / " OLD "Content-Length: 0\r\n" END), FAULT_NONE},
    {TEXT("POST / " OLD "Content-Length: 5\r\n" END), FAULT_NONE},
    {TEXT(GET HOST "Content-Length: 5\r\n" END), FAULT_NONE},
};

static const struct verdict others[] = {
    {TEXT(GET HOST "Date: a\r\nDate: a\r\n" END), FAULT_singleton},
    {TEXT(GET HOST "Accept: a\r\nAccept: b\r\n" END), FAULT_NONE},
    {TEXT(GET HOST "Connection: close\r\n" END), FAULT_NONE},
    {TEXT(GET HOST "Connection: , ,\r\n" END), FAULT_NONE},
    {TEXT(GET HOST "Connection: a b\r\n" END), FAULT_connection},
    {TEXT(GET HOST "Connection: \"close\"\r\n" END), FAULT_connection},
    {TEXT(GET HOST "Connection: Host\r\n" END), FAULT_connection},
    {TEXT(GET HOST "Connection: close, content-length\r\n" END),
	FAULT_connection},
    {TEXT(POST "Connection: Transfer-Encoding\r\n"
	"Transfer-Encoding: chunked\r\n" END), FAULT_connection},
    {TEXT(GET HOST "Connection: x\r\nConnection: Host\r\n" END),
	FAULT_connection},
    {TEXT(GET HOST "Connection: " SIXTEEN("a,") SIXTEEN("b,") "\r\n" END),
	FAULT_NONE},
    {TEXT(GET HOST "Connection: " SIXTEEN("a,") SIXTEEN("b,") "c\r\n" END),
	FAULT_connection},
    {TEXT(POST "Expect: 100-continue\r\nContent-Length: 5\r\n" END),
	FAULT_NONE},
    {TEXT(POST "Expect: 100-Continue\r\nContent-Length: 5\r\n" END),
	FAULT_NONE},
    {TEXT(POST "Expect: 200-ok\r\n" END), FAULT_expect_unknown},
    {TEXT(POST "Expect:\r\n" END), FAULT_expect_unknown},
    {TEXT(POST "Expect: 100-continue, x\r\n" END), FAULT_expect_unknown},
    {TEXT(POST "Expect: 100-continue\r\nExpect: x\r\n" END),
	FAULT_expect_unknown},
};

VERDICTS(framing_verdict, framing)
VERDICTS(other_verdict, others)

int main(void)
{
	Suite *suite = suite_create("framing");
	TCase *tcase = tcase_create("verdicts");

	tcase_add_loop_test(tcase, framing_verdict, 0, COUNT(framing));
	tcase_add_loop_test(tcase, other_verdict, 0, COUNT(others));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
