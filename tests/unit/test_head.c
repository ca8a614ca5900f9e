/*
 * test_head.c - request heads and the verdict of each.
 *
 * One row is one way in which a request can be right or wrong: the rules of
 * RFC 9112 on request lines, targets, field lines, Host, whitespace, controls
 * and versions.  Framing and what else the fields mean together is in
 * test_head_framing.c.
 */
#include "tests/unit/test_head.h"

/* What most rows have in common. */
#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: a.example\r\n"
#define END "\r\n"

static const struct verdict request_lines[] = {
    {TEXT(GET HOST END), FAULT_NONE},
    {TEXT("get / HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT("M-SEARCH / HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT("!#$%&'*+-.^_`|~ / HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT(SIXTEEN("AB") " / HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT(SIXTEEN("AB") "C / HTTP/1.1\r\n" HOST END), FAULT_method},
    {TEXT(" GET / HTTP/1.1\r\n" HOST END), FAULT_method},
    {TEXT("\tGET / HTTP/1.1\r\n" HOST END), FAULT_method},
    {TEXT("GE(T / HTTP/1.1\r\n" HOST END), FAULT_method},
    {TEXT("G\xc3\x89T / HTTP/1.1\r\n" HOST END), FAULT_method},
    {TEXT("GE\0T / HTTP/1.1\r\n" HOST END), FAULT_method},
    {TEXT("GET\t/ HTTP/1.1\r\n" HOST END), FAULT_method},
    {TEXT("GET: / HTTP/1.1\r\n" HOST END), FAULT_method},
    {TEXT("\r\n" GET HOST END), FAULT_request_line},
    {TEXT("\n" GET HOST END), FAULT_request_line},
    {TEXT("GET\r\n" HOST END), FAULT_request_line},
    {TEXT("GET /\r\n" HOST END), FAULT_request_line},
    {TEXT("GET /\r\n" END), FAULT_request_line},
    {TEXT("GET HTTP/1.1\r\n" HOST END), FAULT_request_line},
    {TEXT("GET  / HTTP/1.1\r\n" HOST END), FAULT_request_line},
    {TEXT("GET  HTTP/1.1\r\n" HOST END), FAULT_request_line},
    {TEXT("GET /  HTTP/1.1\r\n" HOST END), FAULT_version},
    {TEXT("GET /a b HTTP/1.1\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/1.1 \r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/1.1\t\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/1.1 x\r\n" HOST END), FAULT_version},
    {TEXT("GET /\tHTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /\vHTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /\r HTTP/1.1\r\n" HOST END), FAULT_request_line},
    {TEXT("GET / HTTP/1.1\r\r\n" HOST END), FAULT_line_end},
    {TEXT("GET / HTTP/1.1\n" HOST END), FAULT_line_end},
    {TEXT("GET / HTTP/1.1\n\n"), FAULT_line_end},
    {TEXT("GET / HTTP/1.1\rHost: a.example\r\n" END), FAULT_line_end},
    {TEXT("GET / HTTP/1.2\r\n" HOST END), FAULT_NONE},
    {TEXT("GET / HTTP/1.9\r\n" HOST END), FAULT_NONE},
    {TEXT("GET / HTTP/1.10\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/1.\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/1\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP\r\n" HOST END), FAULT_version},
    {TEXT("GET / http/1.1\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTPS/1.1\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP /1.1\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/1,1\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/01.1\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/+1.1\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/1.1a\r\n" HOST END), FAULT_version},
    {TEXT("GET / HTTP/0.9\r\n" HOST END), FAULT_version_unknown},
    {TEXT("GET / HTTP/2.0\r\n" HOST END), FAULT_version_unknown},
    {TEXT("PRI * HTTP/2.0\r\n" END), FAULT_version_unknown},
};

static const struct verdict targets[] = {
    {TEXT("GET /a#b HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /a?b#c HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET # HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /\0 HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /a\x01 HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /a\x7f HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /\xc3\xa9 HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /?\xc3\xa9 HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /a\"b HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /a<b HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /a\\b HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /a`b HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /a{b} HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /?a\"b HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /?a<b HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET /[a]|b^c HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT("GET /?[a]|b^c{d}\\e`%zz/? HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT("GET a HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET ?a HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET a.example HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET a.example:80 HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET * HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("OPTIONS * HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT("OPTIONS ** HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("OPTIONS http://a.example HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT("GET http://a.example/b HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT("GET HTTP://A.Example/b HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT("GET https://a.example/b HTTP/1.1\r\n" HOST END), FAULT_NONE},
    {TEXT("GET ftp://a.example/b HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET http:/a.example/b HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("GET http:// HTTP/1.1\r\n" HOST END), FAULT_host_differs},
    {TEXT("GET http://b.example/ HTTP/1.1\r\n" HOST END), FAULT_host_differs},
    {TEXT("GET http://a.example:80/ HTTP/1.1\r\n" HOST END),
	FAULT_host_differs},
    {TEXT("GET http://u@a.example/ HTTP/1.1\r\n" HOST END),
	FAULT_host_differs},
    {TEXT("GET http://a.example\\b HTTP/1.1\r\n" HOST END),
	FAULT_host_differs},
    {TEXT("GET http://a.example/ HTTP/1.1\r\n" END), FAULT_host_missing},
    {TEXT("GET http://a.example/ HTTP/1.0\r\n" END), FAULT_NONE},
    {TEXT("GET http://u@a.example/ HTTP/1.0\r\n" END), FAULT_host_malformed},
    {TEXT("GET http:///b HTTP/1.0\r\n" END), FAULT_host_malformed},
    {TEXT("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n" END),
	FAULT_NONE},
    {TEXT("CONNECT a.example HTTP/1.1\r\n" HOST END), FAULT_target},
    {TEXT("CONNECT a.example: HTTP/1.0\r\n" END), FAULT_host_malformed},
    {TEXT("CONNECT / HTTP/1.0\r\n" END), FAULT_host_malformed},
    {TEXT("GET /%zz HTTP/1.1\r\n" HOST END), FAULT_path_escape},
    {TEXT("GET /../a HTTP/1.1\r\n" HOST END), FAULT_path_above_root},
    {TEXT("GET /..%2fa HTTP/1.1\r\n" HOST END), FAULT_path_ambiguous},
};

static const struct verdict fields[] = {
    {TEXT(GET HOST "A: b\r\n" END), FAULT_NONE},
    {TEXT(GET HOST "A:\r\n" END), FAULT_NONE},
    {TEXT(GET HOST "A: \t \r\n" END), FAULT_NONE},
    {TEXT(GET HOST "A:b\tc\r\n" END), FAULT_NONE},
    {TEXT(GET HOST "A: caf\xc3\xa9 \x80\xff\r\n" END), FAULT_NONE},
    {TEXT(GET HOST "!#$%&'*+-.^_`|~: b\r\n" END), FAULT_NONE},
    {TEXT(GET HOST ": b\r\n" END), FAULT_field_name},
    {TEXT(GET ": b\r\n" HOST END), FAULT_field_name},
    {TEXT(GET HOST "A : b\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A\t: b\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A B: c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A\0B: c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A\x01: c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A\x7f: c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "\xc3\x84: c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A(b): c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A/b: c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "\"A\": c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "[A]: c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "{A}: c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A;b: c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A=b: c\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "GET / HTTP/1.1\r\n" END), FAULT_field_name},
    {TEXT(GET HOST "A: b\r\n c\r\n" END), FAULT_obs_fold},
    {TEXT(GET HOST "A: b\r\n\tc\r\n" END), FAULT_obs_fold},
    {TEXT(GET " " HOST END), FAULT_obs_fold},
    {TEXT(GET "\t\r\n" HOST END), FAULT_obs_fold},
    {TEXT(GET HOST "A: b\r\n \r\n" END), FAULT_obs_fold},
    {TEXT(GET HOST "A: b\0c\r\n" END), FAULT_field_value},
    {TEXT(GET HOST "A: b\x01\r\n" END), FAULT_field_value},
    {TEXT(GET HOST "A: b\x0b\r\n" END), FAULT_field_value},
    {TEXT(GET HOST "A: b\x1f\r\n" END), FAULT_field_value},
    {TEXT(GET HOST "A: \x7f\r\n" END), FAULT_field_value},
    {TEXT(GET HOST "A: 0123456789abcdef0123\x08\r\n" END), FAULT_field_value},
    {TEXT(GET HOST "A: b\nC: d\r\n" END), FAULT_line_end},
    {TEXT(GET HOST "A: b\rC: d\r\n" END), FAULT_line_end},
    {TEXT(GET HOST "A: b\r\r\n" END), FAULT_line_end},
    {TEXT(GET HOST "A: b\n\r\n"), FAULT_line_end},
    {TEXT(GET HOST "A: b\r\n\n"), FAULT_line_end},
    {TEXT(GET HOST "A: b\n\n"), FAULT_line_end},
    {TEXT(GET HOST "A\n" END), FAULT_field_name},
};

static const struct verdict hosts[] = {
    {TEXT(GET END), FAULT_host_missing},
    {TEXT("GET / HTTP/1.0\r\n" END), FAULT_NONE},
    {TEXT("GET / HTTP/1.2\r\n" END), FAULT_host_missing},
    {TEXT(GET HOST HOST END), FAULT_host_several},
    {TEXT(GET HOST "hOST: b.example\r\n" END), FAULT_host_several},
    {TEXT("GET / HTTP/1.0\r\n" HOST HOST END), FAULT_host_several},
    {TEXT("GET http://a.example/ HTTP/1.1\r\n" HOST HOST END),
	FAULT_host_several},
    {TEXT(GET "Host:\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: \r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: A.Example\r\n" END), FAULT_NONE},
    {TEXT(GET "Host: a_b-c.example\r\n" END), FAULT_NONE},
    {TEXT(GET "Host: a.example.\r\n" END), FAULT_NONE},
    {TEXT(GET "Host: a.example:8080\r\n" END), FAULT_NONE},
    {TEXT(GET "Host: a.example:65535\r\n" END), FAULT_NONE},
    {TEXT(GET "Host: a.example:65536\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a.example:000080\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a.example:\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a.example:x\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a.example:80:80\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a.example:-1\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: :80\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: u@a.example\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: http://a.example\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a.example/b\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a.example?b\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a.example#b\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a.example b.example\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a.example, b.example\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a%2eexample\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: a..example\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: .example\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: .\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: \xc3\xa4.example\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: 192.0.2.1:80\r\n" END), FAULT_NONE},
    {TEXT(GET "Host: [2001:DB8::1]\r\n" END), FAULT_NONE},
    {TEXT(GET "Host: [::ffff:192.0.2.1]:80\r\n" END), FAULT_NONE},
    {TEXT(GET "Host: [::1\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: ::1\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: []\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: [fe80::1%25eth0]\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: [v1.a]\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: [::1]x\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: [::1]:\r\n" END), FAULT_host_malformed},
    {TEXT(GET "Host: [0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]\r\n"
	END), FAULT_host_malformed},
};

VERDICTS(request_line_verdict, request_lines)
VERDICTS(target_verdict, targets)
VERDICTS(field_verdict, fields)
VERDICTS(host_verdict, hosts)

/* ---- sizes ---- */

/* A request whose target or fields are as large as told. */
static struct str sized_request(char *text, size_t cap, size_t target,
    unsigned field_count)
{
	struct out o = out_make(text, cap);

	out_lit(&o, "GET /");
	for (size_t i = 1; i < target; i++)
		out_char(&o, 'a');
	out_lit(&o, " HTTP/1.1\r\nHost: a\r\n");
	for (unsigned i = 1; i < field_count; i++)
		out_lit(&o, "A: b\r\n");
	out_lit(&o, "\r\n");
	ck_assert(out_ok(&o));
	return out_text(&o);
}

static enum fault verdict_of(size_t target, unsigned field_count)
{
	static char text[HEAD_MAX];
	struct parsed p;

	parse_request(&p, sized_request(text, sizeof(text), target,
	    field_count));
	parsed_free(&p);
	return p.fault;
}

START_TEST(limits_are_exact)
{
	ck_assert_int_eq(verdict_of(HEAD_TARGET_MAX, 1), FAULT_NONE);
	ck_assert_int_eq(verdict_of(HEAD_TARGET_MAX + 1, 1),
	    FAULT_target_large);
	ck_assert_int_eq(verdict_of(1, MESSAGE_FIELDS_MAX), FAULT_NONE);
	ck_assert_int_eq(verdict_of(1, MESSAGE_FIELDS_MAX + 1),
	    FAULT_fields_many);
}
END_TEST

START_TEST(head_over_its_limit_is_refused)
{
	static char text[HEAD_MAX + 1];
	struct out o = out_make(text, sizeof(text));
	struct parsed p;

	out_lit(&o, GET HOST "A: ");
	while (o.n < sizeof(text) - 4)
		out_char(&o, 'a');
	out_lit(&o, "\r\n\r\n");
	parse_request(&p, out_text(&o));
	check_fault(&p, FAULT_head_large);
	parsed_free(&p);
	memmove(text + 30, text + 31, sizeof(text) - 31);
	parse_request(&p, str_make(text, sizeof(text) - 1));
	check_fault(&p, FAULT_NONE);
	parsed_free(&p);
}
END_TEST

START_TEST(no_memory_is_a_fault)
{
	static const char text[] = "GET /%41 HTTP/1.1\r\nHost: A\r\n\r\n";
	struct str head = str_make(text, sizeof(text) - 1);
	char memory[128] __attribute__((aligned(16)));
	struct arena arena;
	struct message m;
	size_t n;

	for (n = 0; n < sizeof(memory); n += 16) {
		arena_init_fixed(&arena, memory, n);
		if (head_parse_request(head, &arena, &m) == FAULT_NONE)
			break;
		arena_init_fixed(&arena, memory, n);
		ck_assert_int_eq(head_parse_request(head, &arena, &m),
		    FAULT_no_room);
	}
	ck_assert_uint_eq(n, 2 * 24 + 2 * 16);
}
END_TEST

/* ---- the end of a head ---- */

START_TEST(head_end_is_found_wherever_bytes_are_cut)
{
	static const char text[] = GET HOST "A: b\r\n" END "GET";
	size_t n = sizeof(text) - 1 - 3;

	for (size_t cut = 0; cut < n; cut++) {
		ck_assert_uint_eq(head_length(text, cut, 0), 0);
		ck_assert_uint_eq(head_length(text, n, cut), n);
		ck_assert_uint_eq(head_length(text, n + 3, cut), n);
	}
}
END_TEST

START_TEST(head_end_is_found_byte_by_byte)
{
	static const char text[] = GET HOST "A: b\r\n" END;
	size_t n = sizeof(text) - 1;

	for (size_t have = 1; have < n; have++)
		ck_assert_uint_eq(head_length(text, have, have - 1), 0);
	ck_assert_uint_eq(head_length(text, n, n - 1), n);
}
END_TEST

START_TEST(fault_leaves_method_and_target_for_the_log)
{
	struct parsed p;

	parse_request(&p, STR("POST /a?b HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n"));
	check_fault(&p, FAULT_field_name);
	check_text(p.m.method_text, STR("POST"));
	check_text(p.m.target, STR("/a?b"));
	parsed_free(&p);
}
END_TEST

static void add_rows(TCase *rows)
{
	tcase_add_loop_test(rows, request_line_verdict, 0,
	    COUNT(request_lines));
	tcase_add_loop_test(rows, target_verdict, 0, COUNT(targets));
	tcase_add_loop_test(rows, field_verdict, 0, COUNT(fields));
	tcase_add_loop_test(rows, host_verdict, 0, COUNT(hosts));
}

int main(void)
{
	Suite *suite = suite_create("head");
	TCase *rows = tcase_create("verdicts");
	TCase *rest = tcase_create("limits and ends");

	add_rows(rows);
	tcase_add_test(rest, limits_are_exact);
	tcase_add_test(rest, head_over_its_limit_is_refused);
	tcase_add_test(rest, no_memory_is_a_fault);
	tcase_add_test(rest, head_end_is_found_wherever_bytes_are_cut);
	tcase_add_test(rest, head_end_is_found_byte_by_byte);
	tcase_add_test(rest, fault_leaves_method_and_target_for_the_log);
	suite_add_tcase(suite, rows);
	suite_add_tcase(suite, rest);
	return run_suite(suite);
}
