/*
 * test_head_wire.c - what leaves, byte for byte, for what came in; and what a
 * request head means: Connection, Upgrade, Expect.
 */
#include "tests/unit/test_head.h"

#include <signal.h>

#include "worker/http/body.h"

#define HOST "Host: a.example\r\n"
#define END "\r\n"

struct row {
	struct str in;
	struct str out;
};

static const struct row requests[] = {
    /* the start line is ours */
    {TEXT("GET / HTTP/1.1\r\n" HOST END), TEXT("GET / HTTP/1.1\r\n" HOST END)},
    {TEXT("GET / HTTP/1.0\r\n" HOST END), TEXT("GET / HTTP/1.1\r\n" HOST END)},
    {TEXT("GET / HTTP/1.7\r\n" HOST END), TEXT("GET / HTTP/1.1\r\n" HOST END)},
    {TEXT("GET http://A.example/b?c HTTP/1.1\r\n" HOST END),
	TEXT("GET /b?c HTTP/1.1\r\n" HOST END)},
    {TEXT("GET http://a.example HTTP/1.1\r\n" HOST END),
	TEXT("GET / HTTP/1.1\r\n" HOST END)},
    {TEXT("OPTIONS http://a.example HTTP/1.1\r\n" HOST END),
	TEXT("OPTIONS * HTTP/1.1\r\n" HOST END)},
    {TEXT("GET /%61//./b%2f?%61 HTTP/1.1\r\n" HOST END),
	TEXT("GET /a//b%2F?%61 HTTP/1.1\r\n" HOST END)},
    {TEXT("GET /? HTTP/1.1\r\n" HOST END),
	TEXT("GET /? HTTP/1.1\r\n" HOST END)},
    /* Host comes first, spelt as it was; fields keep order and spelling */
    {TEXT("GET / HTTP/1.1\r\nb: 1\r\nhOsT:a.Example:80 \r\nA: 2\r\n" END),
	TEXT("GET / HTTP/1.1\r\nHost: a.Example:80\r\nb: 1\r\nA: 2\r\n" END)},
    {TEXT("GET / HTTP/1.1\r\n" HOST "A:1\r\nB: \t2\t \r\nC:\r\nD: 3\r\n"
	  "E:\t4\r\nF: 5\r\n" END),
	TEXT("GET / HTTP/1.1\r\n" HOST "A: 1\r\nB: 2\r\nC: \r\nD: 3\r\n"
	     "E: 4\r\nF: 5\r\n" END)},
    {TEXT("GET / HTTP/1.1\r\n" HOST "A: 1\r\nA: 2\r\na: \xff\r\n" END),
	TEXT("GET / HTTP/1.1\r\n" HOST "A: 1\r\nA: 2\r\na: \xff\r\n" END)},
    /* framing is ours */
    {TEXT("POST / HTTP/1.1\r\n" HOST "content-length:\t5\r\nA: b\r\n" END),
	TEXT("POST / HTTP/1.1\r\n" HOST "A: b\r\nContent-Length: 5\r\n" END)},
    {TEXT("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n" END),
	TEXT("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n" END)},
    {TEXT("POST / HTTP/1.1\r\nTransfer-ENCODING:CHUNKED\r\n" HOST END),
	TEXT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END)},
    {TEXT("POST / HTTP/1.1\r\n" HOST END),
	TEXT("POST / HTTP/1.1\r\n" HOST END)},
    /* what is hop-by-hop ends here */
    {TEXT("GET / HTTP/1.1\r\n" HOST "Connection: keep-alive\r\nA: b\r\n"
	  "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"
	  "TE: trailers\r\nTrailer: X\r\nUpgrade: websocket\r\n"
	  "Proxy: http://evil\r\nProxy-Authorization: x\r\n"
	  "Proxy-Authenticate: x\r\nC: d\r\n" END),
	TEXT("GET / HTTP/1.1\r\n" HOST "A: b\r\nC: d\r\n"
	     "Connection: TE\r\nTE: trailers\r\n" END)},
    {TEXT("GET / HTTP/1.1\r\n" HOST "A: 1\r\nB: 2\r\nb: 3\r\nC: 4\r\n"
	  "Connection: close, B\r\nConnection: c,x\r\n" END),
	TEXT("GET / HTTP/1.1\r\n" HOST "A: 1\r\n" END)},
    {TEXT("GET / HTTP/1.1\r\n" HOST "X-Anything: 1\r\n"
	  "Connection:x-anything\r\n" END),
	TEXT("GET / HTTP/1.1\r\n" HOST END)},
    /* an expectation that nobody may wait for */
    {TEXT("POST / HTTP/1.0\r\n" HOST "Expect: 100-continue\r\n"
	  "Content-Length: 1\r\n" END),
	TEXT("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n" END)},
    {TEXT("GET / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n" END),
	TEXT("GET / HTTP/1.1\r\n" HOST END)},
    {TEXT("PUT / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
	  "Content-Length: 1\r\n" END),
	TEXT("PUT / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
	     "Content-Length: 1\r\n" END)},
};

/* Replies as they are passed on to a client of HTTP/1.1. */
static const struct row replies[] = {
    {TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" END),
	TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" END)},
    {TEXT("HTTP/1.0 200 OK\r\nContent-Length: 05\r\n" END),
	TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" END)},
    {TEXT("HTTP/1.1 200\r\n" END),
	TEXT("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n" END)},
    {TEXT("HTTP/1.1 404 Tr\xc3\xa8s  pas l\xc3\xa0\r\n"
	  "Content-Length: 0\r\n" END),
	TEXT("HTTP/1.1 404 Tr\xc3\xa8s  pas l\xc3\xa0\r\n"
	     "Content-Length: 0\r\n" END)},
    {TEXT("HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nConnection: close, X\r\n"
	  "X: y\r\nKeep-Alive: timeout=5\r\nTransfer-Encoding: chunked\r\n"
	  "Set-Cookie: b\r\n" END),
	TEXT("HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
	     "Transfer-Encoding: chunked\r\n" END)},
    {TEXT("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n" END),
	TEXT("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n" END)},
    {TEXT("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n" END),
	TEXT("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n" END)},
    {TEXT("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n" END),
	TEXT("HTTP/1.1 204 No Content\r\n" END)},
    {TEXT("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n" END),
	TEXT("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n" END)},
};

/* It takes exactly the memory that it says, and outlives what it is of. */
START_TEST(a_copy_goes_on_as_the_request)
{
	const struct row *row = &requests[_i];
	struct h1_request_options options = {.connection = H1_PERSIST};
	char text[2][1024];
	struct out o = out_make(text[0], sizeof(text[0]));
	struct out oo = out_make(text[1], sizeof(text[1]));
	struct parsed p;
	struct message copy;
	void *memory;

	parse_request(&p, row->in);
	p.m.takes_trailers = false;
	h1_write_request(&o, &p.m, &options);
	memory = malloc(message_size(&p.m));
	message_copy(&p.m, memory, &copy);
	parsed_free(&p);
	h1_write_request(&oo, &copy, &options);
	ck_assert(out_ok(&oo));
	check_text(out_text(&oo), out_text(&o));
	free(memory);
}
END_TEST

START_TEST(request_goes_on_as)
{
	const struct row *row = &requests[_i];
	struct h1_request_options options = {.connection = H1_PERSIST};
	char text[1024];
	struct out o = out_make(text, sizeof(text));
	struct parsed p;

	parse_request(&p, row->in);
	check_fault(&p, FAULT_NONE);
	h1_write_request(&o, &p.m, &options);
	ck_assert(out_ok(&o));
	check_text(out_text(&o), row->out);
	parsed_free(&p);
}
END_TEST

static struct str write_reply(struct out *o, const struct message *m,
    unsigned minor, enum h1_connection connection)
{
	struct h1_reply_options options = {
	    .framing = body_frame_onward(m->framing, minor),
	    .connection = connection,
	};

	h1_write_reply(o, m, &options);
	ck_assert(out_ok(o));
	return out_text(o);
}

START_TEST(reply_goes_on_as)
{
	const struct row *row = &replies[_i];
	char text[1024];
	struct out o = out_make(text, sizeof(text));
	struct parsed p;

	parse_reply(&p, row->in, METHOD_GET);
	check_fault(&p, FAULT_NONE);
	check_text(write_reply(&o, &p.m, 1, H1_PERSIST), row->out);
	parsed_free(&p);
}
END_TEST

START_TEST(reply_to_an_old_client_ends_with_its_connection)
{
	char text[1024];
	struct out o = out_make(text, sizeof(text));
	struct parsed p;

	parse_reply(&p,
	    STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
	    METHOD_GET);
	check_fault(&p, FAULT_NONE);
	check_text(write_reply(&o, &p.m, 0, H1_CLOSE),
	    STR("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
	parsed_free(&p);
}
END_TEST

START_TEST(reply_to_head_says_a_length_and_has_no_body)
{
	char text[1024];
	struct out o = out_make(text, sizeof(text));
	struct parsed p;

	parse_reply(&p, STR("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"),
	    METHOD_HEAD);
	check_fault(&p, FAULT_NONE);
	ck_assert_int_eq(p.m.framing.kind, FRAMING_NONE);
	check_text(write_reply(&o, &p.m, 0, H1_KEEP_ALIVE),
	    STR("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n"
		"Connection: keep-alive\r\n\r\n"));
	parsed_free(&p);
}
END_TEST

START_TEST(options_of_the_caller_are_written)
{
	static const struct h1_field extra[] = {
	    {{"X-Forwarded-For", 15}, {"192.0.2.1", 9}},
	    {{"X-Empty", 7}, {"", 0}},
	};
	struct h1_request_options options = {
	    .prefix = STR("/base"),
	    .host = STR("origin:3000"),
	    .connection = H1_UPGRADE,
	    .extra_count = 2,
	    .extra = extra,
	};
	char text[1024];
	struct out o = out_make(text, sizeof(text));
	struct parsed p;

	parse_request(&p, STR("GET /a?b HTTP/1.1\r\nHost: a\r\nA: b\r\n"
			      "Connection: Upgrade\r\nUpgrade: websocket\r\n"
			      "\r\n"));
	check_fault(&p, FAULT_NONE);
	h1_write_request(&o, &p.m, &options);
	check_text(out_text(&o),
	    STR("GET /base/a?b HTTP/1.1\r\nHost: origin:3000\r\nA: b\r\n"
		"Connection: upgrade\r\nUpgrade: websocket\r\n"
		"X-Forwarded-For: 192.0.2.1\r\nX-Empty: \r\n\r\n"));
	parsed_free(&p);
}
END_TEST

START_TEST(prefix_does_not_touch_the_asterisk)
{
	struct h1_request_options options = {.prefix = STR("/base")};
	char text[256];
	struct out o = out_make(text, sizeof(text));
	struct parsed p;

	parse_request(&p, STR("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"));
	h1_write_request(&o, &p.m, &options);
	check_text(out_text(&o), STR("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"));
	parsed_free(&p);
}
END_TEST

START_TEST(head_that_does_not_fit_is_told)
{
	static const char in[] = "GET /a HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n";
	struct h1_request_options options = {.connection = H1_PERSIST};
	char text[64];
	struct parsed p;

	parse_request(&p, str_make(in, sizeof(in) - 1));
	for (size_t cap = 0; cap < sizeof(in); cap++) {
		struct out o = out_make(text, cap);

		h1_write_request(&o, &p.m, &options);
		ck_assert_int_eq(out_ok(&o), cap == sizeof(in) - 1);
	}
	parsed_free(&p);
}
END_TEST

/* Fields that lie next to each other by chance are not taken for a run. */
START_TEST(neighbours_in_memory_are_compared)
{
	char memory[] = "A: bXXC: d";
	struct field fields[] = {
	    {.name = memory, .name_len = 1, .value = memory + 3,
		.value_len = 1},
	    {.name = memory + 6, .name_len = 1, .value = memory + 9,
		.value_len = 1},
	};
	struct message m = {.status = 200, .reason = STR("OK"),
	    .field_count = 2, .fields = fields};
	struct h1_reply_options options = {.connection = H1_PERSIST};
	char text[64];
	struct out o = out_make(text, sizeof(text));

	h1_write_reply(&o, &m, &options);
	check_text(out_text(&o),
	    STR("HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\n"));
}
END_TEST

START_TEST(control_in_a_field_of_ours_is_a_bug)
{
	struct h1_field extra = {STR("A"), STR("b\r\nC: d")};
	struct h1_reply_options options = {.extra_count = 1, .extra = &extra};
	struct message m = {.status = 200, .reason = STR("OK")};
	char text[64];
	struct out o = out_make(text, sizeof(text));

	h1_write_reply(&o, &m, &options);
}
END_TEST

/* ---- trailers ---- */

START_TEST(trailers_are_written_anew)
{
	struct arena a;
	struct message m;
	char text[H1_TRAILERS_MAX];
	struct out o = out_make(text, sizeof(text));

	arena_init(&a);
	ck_assert_int_eq(head_parse_trailers(
	    STR("A:b\r\nC: \td \r\nE:\r\nTE: x\r\n\r\n"), &a, &m), FAULT_NONE);
	h1_write_trailers(&o, &m);
	check_text(out_text(&o), STR("0\r\nA: b\r\nC: d\r\nE: \r\n\r\n"));
	arena_free(&a);
}
END_TEST

START_TEST(the_most_trailers_have_room)
{
	char section[BODY_TRAILER_MAX];
	struct out in = out_make(section, sizeof(section));
	struct arena a;
	struct message m;
	char text[H1_TRAILERS_MAX];
	struct out o = out_make(text, sizeof(text));

	while (in.n + 6 <= sizeof(section))
		out_lit(&in, "A:\r\n");
	out_lit(&in, "\r\n");
	arena_init(&a);
	ck_assert_int_eq(head_parse_trailers(out_text(&in), &a, &m),
	    FAULT_NONE);
	ck_assert_uint_eq(m.field_count, BODY_TRAILER_MAX / 4 - 1);
	h1_write_trailers(&o, &m);
	ck_assert(out_ok(&o));
	arena_free(&a);
}
END_TEST

/* ---- replies of our own ---- */

START_TEST(simple_reply_is_a_whole_message)
{
	struct h1_field allow = {STR("Allow"), STR("GET, HEAD")};
	struct h1_simple reply = {
	    .status = 405,
	    .text = STR("No.\n"),
	    .connection = H1_CLOSE,
	    .wall = 784111777 * USEC_PER_SEC,
	    .extra_count = 1,
	    .extra = &allow,
	};
	char text[512];
	struct out o = out_make(text, sizeof(text));
	struct str head =
	    STR("HTTP/1.1 405 Method Not Allowed\r\n"
		"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Length: 4\r\nConnection: close\r\n"
		"Allow: GET, HEAD\r\n\r\n");

	h1_simple_reply(&o, &reply);
	ck_assert_uint_eq(o.n, head.n + 4);
	check_text(str_make(text, head.n), head);
	check_text(str_make(text + head.n, 4), STR("No.\n"));
	o = out_make(text, sizeof(text));
	reply.to_head = true;
	h1_simple_reply(&o, &reply);
	check_text(out_text(&o), head);
}
END_TEST

START_TEST(simple_reply_without_content)
{
	struct h1_simple reply = {.status = 204};
	char text[128];
	struct out o = out_make(text, sizeof(text));

	h1_simple_reply(&o, &reply);
	check_text(out_text(&o),
	    STR("HTTP/1.1 204 No Content\r\n"
		"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n"));
}
END_TEST

START_TEST(every_fault_has_a_status_with_a_reason)
{
	for (enum fault f = FAULT_NONE + 1; f < FAULT_END; f++) {
		ck_assert_uint_gt(h1_reason(fault_status(f)).n, 0);
		ck_assert_uint_gt(strlen(fault_text(f)), 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("head on the wire");
	TCase *tcase = tcase_create("wire");

	tcase_add_loop_test(tcase, request_goes_on_as, 0, COUNT(requests));
	tcase_add_loop_test(tcase, a_copy_goes_on_as_the_request, 0,
	    COUNT(requests));
	tcase_add_loop_test(tcase, reply_goes_on_as, 0, COUNT(replies));
	tcase_add_test(tcase, reply_to_an_old_client_ends_with_its_connection);
	tcase_add_test(tcase, reply_to_head_says_a_length_and_has_no_body);
	tcase_add_test(tcase, options_of_the_caller_are_written);
	tcase_add_test(tcase, prefix_does_not_touch_the_asterisk);
	tcase_add_test(tcase, head_that_does_not_fit_is_told);
	tcase_add_test(tcase, neighbours_in_memory_are_compared);
	tcase_add_test_raise_signal(tcase, control_in_a_field_of_ours_is_a_bug,
	    SIGABRT);
	tcase_add_test(tcase, trailers_are_written_anew);
	tcase_add_test(tcase, the_most_trailers_have_room);
	tcase_add_test(tcase, simple_reply_is_a_whole_message);
	tcase_add_test(tcase, simple_reply_without_content);
	tcase_add_test(tcase, every_fault_has_a_status_with_a_reason);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
