/*
 * test_h2_head.c - heads of HTTP/2: every fault, and what is understood.
 *
 * A head is written as lines here, "name: value" LF, a pseudo-header with its
 * colon in front.
 */
#include "tests/unit/test_head.h"
#include "worker/http/h2_head.h"

#define GET ":method: GET\n:scheme: http\n:path: /a\n:authority: h\n"
#define POST ":method: POST\n:scheme: http\n:path: /\n:authority: h\n"
#define WS ":method: CONNECT\n:protocol: websocket\n:scheme: http\n" \
	":path: /ws\n:authority: h\n"

struct h2_read {
	char memory[16 * 1024];
	struct h2_head head;
	struct arena arena;
	struct message m;
	enum fault fault;
};

static void begin(struct h2_read *r, enum h2_head_of of)
{
	memset(&r->head, 0, sizeof(r->head));
	r->head.p = r->memory;
	r->head.cap = sizeof(r->memory);
	r->head.most = 8 * 1024;
	r->head.fields_most = 10;
	h2_head_begin(&r->head, of);
	arena_init(&r->arena);
}

static void add(struct h2_read *r, struct str text)
{
	struct str line;

	while (str_next_part(&text, '\n', &line) && line.n > 0) {
		const char *colon = memmem(line.p + 1, line.n - 1, ": ", 2);
		size_t n = (size_t)(colon - line.p);

		ck_assert_ptr_nonnull(colon);
		ck_assert(h2_head_add(&r->head, str_make(line.p, n),
		    str_behind(line, n + 2)));
	}
}

static void read_request(struct h2_read *r, struct str text, bool ended,
    bool tls)
{
	struct h2_head_how how = {.tls = tls,
	    .websocket = true,
	    .ended = ended,
	    .limits = &test_limits};

	begin(r, H2_OF_REQUEST);
	add(r, text);
	r->fault = h2_head_request(&r->head, &how, &r->arena, &r->m);
}

static void read_reply(struct h2_read *r, struct str text, bool ended,
    enum method method)
{
	begin(r, H2_OF_REPLY);
	add(r, text);
	r->fault = h2_head_reply(&r->head, ended, method, &r->arena, &r->m);
}

static void check(const struct h2_read *r, enum fault fault)
{
	ck_assert_str_eq(fault_name(r->fault), fault_name(fault));
}

static void check_str(struct str got, const char *want)
{
	ck_assert_uint_eq(got.n, strlen(want));
	ck_assert(memcmp(got.p, want, got.n) == 0);
}

/* ---- faults ---- */

struct fault_case {
	struct str text;
	enum fault fault;
};

static const struct fault_case requests[] = {
    {TEXT(GET), FAULT_NONE},
    {TEXT(GET "accept: */*\nte: trailers\n"), FAULT_NONE},
    {TEXT(":scheme: http\n:path: /\n:authority: h\n"), FAULT_pseudo},
    {TEXT(":method: GET\n:path: /\n:authority: h\n"), FAULT_pseudo},
    {TEXT(":method: GET\n:scheme: http\n:authority: h\n"), FAULT_pseudo},
    {TEXT(":method: GET\n:scheme: http\n:path: \n:authority: h\n"),
	FAULT_pseudo},
    {TEXT(":method: GET\n:scheme: http\n:path: /\n"), FAULT_host_missing},
    {TEXT(":method: GET\n:scheme: http\n:path: /\nhost: h\n"), FAULT_NONE},
    {TEXT(GET ":method: GET\n"), FAULT_pseudo},
    {TEXT(GET ":path: /b\n"), FAULT_pseudo},
    {TEXT(GET ":status: 200\n"), FAULT_pseudo},
    {TEXT(GET ":what: x\n"), FAULT_pseudo},
    {TEXT("accept: a\n" GET), FAULT_pseudo},
    {TEXT(GET ":protocol: websocket\n"), FAULT_pseudo},
    {TEXT(GET "X-A: 1\n"), FAULT_field_case},
    {TEXT(GET "x a: 1\n"), FAULT_field_name},
    {TEXT(GET "x\1a: 1\n"), FAULT_field_name},
    {TEXT(GET "x-a: a\rb\n"), FAULT_field_value},
    {TEXT(GET "x-a:  a\n"), FAULT_field_value},
    {TEXT(GET "x-a: a \n"), FAULT_field_value},
    {TEXT(GET "x-a: a\0b\n"), FAULT_field_value},
    {TEXT(GET "connection: close\n"), FAULT_field_hop},
    {TEXT(GET "keep-alive: 1\n"), FAULT_field_hop},
    {TEXT(GET "proxy-connection: x\n"), FAULT_field_hop},
    {TEXT(GET "transfer-encoding: chunked\n"), FAULT_field_hop},
    {TEXT(GET "upgrade: websocket\n"), FAULT_field_hop},
    {TEXT(GET "te: gzip\n"), FAULT_field_hop},
    {TEXT(GET "te: trailers, gzip\n"), FAULT_field_hop},
    {TEXT(GET "host: h\n"), FAULT_NONE},
    {TEXT(GET "host: H\n"), FAULT_NONE},
    {TEXT(GET "host: other\n"), FAULT_host_differs},
    {TEXT(GET "host: h\nhost: h\n"), FAULT_host_several},
    {TEXT(":method: GET\n:scheme: http\n:path: /\n:authority: u@h\n"),
	FAULT_host_malformed},
    {TEXT(":method: GET\n:scheme: https\n:path: /\n:authority: h\n"),
	FAULT_scheme},
    {TEXT(":method: GET\n:scheme: http\n:path: a\n:authority: h\n"),
	FAULT_target},
    {TEXT(":method: GET\n:scheme: http\n:path: http://h/\n:authority: h\n"),
	FAULT_target},
    {TEXT(":method: GET\n:scheme: http\n:path: /a b\n:authority: h\n"),
	FAULT_target},
    {TEXT(":method: GET\n:scheme: http\n:path: /..\n:authority: h\n"),
	FAULT_path_above_root},
    {TEXT(":method: GET\n:scheme: http\n:path: *\n:authority: h\n"),
	FAULT_target},
    {TEXT(":method: OPTIONS\n:scheme: http\n:path: *\n:authority: h\n"),
	FAULT_NONE},
    {TEXT(":method: get\n:scheme: http\n:path: /\n:authority: h\n"),
	FAULT_method_case},
    {TEXT(":method: G T\n:scheme: http\n:path: /\n:authority: h\n"),
	FAULT_method},
    {TEXT(GET "content-type: a, b\n"), FAULT_singleton},
    {TEXT(GET "content_length: 1\n"), FAULT_field_disguised},
    {TEXT(GET "content-length: 1\n"), FAULT_length_differs},
    {TEXT(GET "content-length: 0\n"), FAULT_NONE},
    {TEXT(GET "content-length: 01\n"), FAULT_length_malformed},
    {TEXT(GET "content-length: 1\ncontent-length: 1\n"),
	FAULT_length_several},
    {TEXT(GET "expect: x\n"), FAULT_expect_unknown},
    {TEXT(GET "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: 1\n"
	"j: 1\n"), FAULT_NONE},
    {TEXT(GET "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: 1\n"
	"j: 1\nk: 1\n"), FAULT_fields_many},
    {TEXT(":method: CONNECT\n:authority: h:80\n"), FAULT_NONE},
    {TEXT(":method: CONNECT\n:authority: h\n"), FAULT_target},
    {TEXT(":method: CONNECT\n"), FAULT_pseudo},
    {TEXT(":method: CONNECT\n:authority: h:80\n:path: /\n"), FAULT_pseudo},
    {TEXT(WS), FAULT_NONE},
    {TEXT(":method: CONNECT\n:protocol: tea\n:scheme: http\n:path: /\n"
	":authority: h\n"), FAULT_protocol_unknown},
    {TEXT(":method: CONNECT\n:protocol: websocket\n:authority: h\n"),
	FAULT_pseudo},
};

START_TEST(each_fault_of_a_request_is_found)
{
	struct h2_read r;

	read_request(&r, requests[_i].text, true, false);
	check(&r, requests[_i].fault);
	arena_free(&r.arena);
}
END_TEST

static const struct fault_case replies[] = {
    {TEXT(":status: 200\nserver: x\n"), FAULT_NONE},
    {TEXT("server: x\n"), FAULT_pseudo},
    {TEXT(":status: 20\n"), FAULT_pseudo},
    {TEXT(":status: 2000\n"), FAULT_pseudo},
    {TEXT(":status: 600\n"), FAULT_pseudo},
    {TEXT(":status: 099\n"), FAULT_pseudo},
    {TEXT(":status: 101\n"), FAULT_pseudo},
    {TEXT(":status: 200\n:status: 200\n"), FAULT_pseudo},
    {TEXT(":status: 200\n:path: /\n"), FAULT_pseudo},
    {TEXT(":status: 100\n"), FAULT_stream}, /* and the stream's end */
    {TEXT(":status: 200\nconnection: close\n"), FAULT_field_hop},
    {TEXT(":status: 200\ncontent-length: 5\n"), FAULT_length_differs},
    {TEXT(":status: 304\ncontent-length: 5\n"), FAULT_NONE},
};

START_TEST(each_fault_of_a_reply_is_found)
{
	struct h2_read r;

	read_reply(&r, replies[_i].text, true, METHOD_GET);
	check(&r, replies[_i].fault);
	arena_free(&r.arena);
}
END_TEST

static const struct fault_case trailers[] = {
    {TEXT("x-sum: 1\ngrpc-status: 0\n"), FAULT_NONE},
    {TEXT(""), FAULT_NONE},
    {TEXT(":path: /\n"), FAULT_pseudo},
    {TEXT("content-length: 1\n"), FAULT_trailer},
    {TEXT("host: h\n"), FAULT_trailer},
    {TEXT("set-cookie: a\n"), FAULT_trailer},
    {TEXT("connection: a\n"), FAULT_trailer},
    {TEXT("content_length: 1\n"), FAULT_trailer},
    {TEXT("X-Sum: 1\n"), FAULT_field_case},
};

START_TEST(each_fault_of_trailers_is_found)
{
	struct h2_read r;

	begin(&r, H2_OF_TRAILERS);
	add(&r, trailers[_i].text);
	r.fault = h2_head_trailers(&r.head, &r.arena, &r.m);
	check(&r, trailers[_i].fault);
	if (_i == 0)
		ck_assert_uint_eq(r.m.field_count, 2);
	arena_free(&r.arena);
}
END_TEST

START_TEST(a_head_that_is_too_large_is_told_and_forgotten)
{
	struct h2_read r;
	char value[1000];

	memset(value, 'v', sizeof(value));
	begin(&r, H2_OF_REQUEST);
	add(&r, STR(GET));
	for (int i = 0; i < 9; i++)
		ck_assert(h2_head_add(&r.head, STR("x"),
		    str_make(value, sizeof(value))));
	ck_assert_str_eq(fault_name(r.head.fault), "head_large");
	ck_assert_uint_lt(r.head.n, 8 * 1024);
	arena_free(&r.arena);
}
END_TEST

START_TEST(more_room_is_asked_for)
{
	struct h2_read r;

	begin(&r, H2_OF_REQUEST);
	r.head.cap = 60;
	ck_assert(h2_head_add(&r.head, STR(":path"), STR("/1234567890")));
	ck_assert(!h2_head_add(&r.head, STR("x"),
	    STR("0123456789012345678901234567890123456789")));
	r.head.cap = sizeof(r.memory);
	ck_assert(h2_head_add(&r.head, STR("x"),
	    STR("0123456789012345678901234567890123456789")));
	ck_assert_str_eq(fault_name(r.head.fault), "none");
	arena_free(&r.arena);
}
END_TEST

/* ---- meanings ---- */

START_TEST(a_request_is_the_same_message_as_in_http1)
{
	struct h2_read r;

	read_request(&r, STR(":method: GET\n:scheme: https\n"
			     ":path: /a/%2e/b?c=d\n:authority: Ex.Org:8443\n"
			     "user-agent: x\n"), true, true);
	check(&r, FAULT_NONE);
	ck_assert(r.m.method == METHOD_GET && r.m.is_h2 && r.m.minor == 1);
	check_str(r.m.path, "/a/b");
	check_str(r.m.query, "c=d");
	check_str(r.m.host, "ex.org");
	check_str(r.m.authority, "Ex.Org:8443");
	check_str(r.m.target, "/a/%2e/b?c=d");
	ck_assert(r.m.keep_alive && r.m.framing.kind == FRAMING_NONE);
	ck_assert_uint_eq(r.m.field_count, 1);
	arena_free(&r.arena);
}
END_TEST

START_TEST(crumbs_are_joined_wherever_they_stand)
{
	struct h2_read r;

	read_request(&r, STR(GET "cookie: a=1\ncookie: b=2\nx: y\n"
				 "cookie: c=3\nz: z\n"), true, false);
	check(&r, FAULT_NONE);
	ck_assert_uint_eq(r.m.field_count, 3);
	check_str(field_value(message_find(&r.m, FIELD_cookie)),
	    "a=1; b=2; c=3");
	check_str(field_value(&r.m.fields[2]), "z");
	arena_free(&r.arena);
}
END_TEST

START_TEST(a_body_ends_with_its_stream_or_its_length)
{
	struct h2_read r;

	read_request(&r, STR(POST), false, false);
	ck_assert(r.m.framing.kind == FRAMING_STREAM);
	ck_assert(body_frame_onward(r.m.framing, 1).kind == FRAMING_CHUNKED);
	ck_assert(body_frame_onward(r.m.framing, 0).kind == FRAMING_CLOSE);
	arena_free(&r.arena);
	read_request(&r, STR(POST "content-length: 7\n"), false, false);
	ck_assert(r.m.framing.kind == FRAMING_LENGTH);
	ck_assert_uint_eq(r.m.framing.length, 7);
	arena_free(&r.arena);
	read_reply(&r, STR(":status: 200\n"), false, METHOD_GET);
	ck_assert(r.m.framing.kind == FRAMING_STREAM && r.m.keep_alive);
	arena_free(&r.arena);
	read_reply(&r, STR(":status: 200\ncontent-length: 7\n"), true,
	    METHOD_HEAD);
	ck_assert(r.m.framing.kind == FRAMING_NONE &&
	    r.m.framing.length_said);
	arena_free(&r.arena);
}
END_TEST

START_TEST(a_short_body_is_found_at_its_end)
{
	struct framing seven = {FRAMING_LENGTH, false, 7};
	struct framing any = {.kind = FRAMING_STREAM};
	size_t payload, used;
	char bytes[9] = "12345678";
	struct body b;

	body_begin(&b, &seven);
	ck_assert(body_decode(&b, bytes, 3, &payload, &used) == FAULT_NONE);
	ck_assert(body_end_by_stream(&b) == FAULT_length_differs);
	body_begin(&b, &seven);
	ck_assert(body_decode(&b, bytes, 8, &payload, &used) == FAULT_NONE);
	ck_assert_uint_eq(used, 7);
	ck_assert(body_end_by_stream(&b) == FAULT_NONE);
	body_begin(&b, &any);
	ck_assert(!b.done);
	ck_assert(body_decode(&b, bytes, 8, &payload, &used) == FAULT_NONE);
	ck_assert_uint_eq(used, 8);
	ck_assert(body_end_by_stream(&b) == FAULT_NONE && b.done);
}
END_TEST

START_TEST(an_extended_connect_is_a_get_with_upgrade)
{
	struct h2_read r;

	read_request(&r, STR(WS "sec-websocket-version: 13\n"), false, false);
	check(&r, FAULT_NONE);
	ck_assert(r.m.method == METHOD_GET);
	check_str(r.m.method_text, "GET");
	check_str(r.m.upgrade, "websocket");
	check_str(r.m.path, "/ws");
	ck_assert(r.m.framing.kind == FRAMING_NONE);
	arena_free(&r.arena);
}
END_TEST

START_TEST(what_is_reset_and_what_is_answered)
{
	ck_assert(h2_head_resets(FAULT_pseudo));
	ck_assert(h2_head_resets(FAULT_length_differs));
	ck_assert(!h2_head_resets(FAULT_head_large));
	ck_assert(!h2_head_resets(FAULT_singleton));
	ck_assert(!h2_head_resets(FAULT_scheme));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("h2 head");
	TCase *tcase = tcase_create("h2 head");

	tcase_add_loop_test(tcase, each_fault_of_a_request_is_found, 0,
	    COUNT(requests));
	tcase_add_loop_test(tcase, each_fault_of_a_reply_is_found, 0,
	    COUNT(replies));
	tcase_add_loop_test(tcase, each_fault_of_trailers_is_found, 0,
	    COUNT(trailers));
	tcase_add_test(tcase, a_head_that_is_too_large_is_told_and_forgotten);
	tcase_add_test(tcase, more_room_is_asked_for);
	tcase_add_test(tcase, a_request_is_the_same_message_as_in_http1);
	tcase_add_test(tcase, crumbs_are_joined_wherever_they_stand);
	tcase_add_test(tcase, a_body_ends_with_its_stream_or_its_length);
	tcase_add_test(tcase, a_short_body_is_found_at_its_end);
	tcase_add_test(tcase, an_extended_connect_is_a_get_with_upgrade);
	tcase_add_test(tcase, what_is_reset_and_what_is_answered);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
