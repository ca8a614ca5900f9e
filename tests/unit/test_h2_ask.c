/*
 * test_h2_ask.c - the head of a request to an origin in HTTP/2.
 */
#include "tests/unit/test_head.h"

#include "worker/http/h2_ask.h"

static struct parsed p;
static struct h2_fields fields;

static void ask(const char *head, const struct h2_ask *how)
{
	parse_request(&p, str_from(head));
	ck_assert_int_eq(p.fault, FAULT_NONE);
	ck_assert(h2_ask(&p.m, how, &p.arena, &fields));
}

static void give_back(void)
{
	arena_free(&p.arena);
	free(p.block);
}

/* "name: value" of each, as it is to be sent, one a line. */
static const char *text(void)
{
	static char lines[4096];
	struct out o = out_make(lines, sizeof(lines));

	for (unsigned i = 0; i < fields.count; i++) {
		const nghttp2_nv *nv = &fields.nv[i];

		out_bytes(&o, (const char *)nv->name, nv->namelen);
		out_lit(&o, ": ");
		out_bytes(&o, (const char *)nv->value, nv->valuelen);
		out_char(&o, '\n');
	}
	return out_cstr(&o);
}

START_TEST(the_first_line_and_host_are_pseudo_header_fields)
{
	ask("GET /a?b HTTP/1.1\r\nHost: app.test\r\nX-Mine: One\r\n\r\n",
	    &(struct h2_ask){.lines = STR("")});
	ck_assert_str_eq(text(), ":method: GET\n:scheme: http\n"
	    ":authority: app.test\n:path: /a?b\nx-mine: One\n");
	give_back();
}
END_TEST

START_TEST(the_server_says_scheme_prefix_and_host)
{
	ask("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n",
	    &(struct h2_ask){.https = true,
		.prefix = STR("/base"),
		.host = STR("inside:8443"),
		.lines = STR("Via: 1.1 x\r\nX-Request-Id: 7\r\n")});
	ck_assert_str_eq(text(), ":method: GET\n:scheme: https\n"
	    ":authority: inside:8443\n:path: /base/\n"
	    "via: 1.1 x\nx-request-id: 7\n");
	give_back();
}
END_TEST

START_TEST(what_belongs_to_a_connection_of_http_1_is_left_out)
{
	ask("POST / HTTP/1.1\r\nHost: a\r\nConnection: x-gone, TE\r\n"
	    "X-Gone: 1\r\nKeep-Alive: 5\r\nTE: gzip, trailers\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n",
	    &(struct h2_ask){.lines = STR("")});
	ck_assert_str_eq(text(), ":method: POST\n:scheme: http\n"
	    ":authority: a\n:path: /\nte: trailers\n");
	give_back();
}
END_TEST

START_TEST(a_length_is_said_if_it_is_known)
{
	ask("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
	    &(struct h2_ask){.lines = STR("")});
	ck_assert_str_eq(text(), ":method: PUT\n:scheme: http\n"
	    ":authority: a\n:path: /x\ncontent-length: 0\n");
	give_back();
}
END_TEST

START_TEST(without_memory_there_is_no_head)
{
	char small[128];
	struct arena a;

	parse_request(&p, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	arena_init_fixed(&a, small, sizeof(small));
	ck_assert(!h2_ask(&p.m, &(struct h2_ask){.lines = STR("")}, &a,
	    &fields));
	give_back();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("h2_ask");
	TCase *tcase = tcase_create("h2_ask");

	tcase_add_test(tcase,
	    the_first_line_and_host_are_pseudo_header_fields);
	tcase_add_test(tcase, the_server_says_scheme_prefix_and_host);
	tcase_add_test(tcase,
	    what_belongs_to_a_connection_of_http_1_is_left_out);
	tcase_add_test(tcase, a_length_is_said_if_it_is_known);
	tcase_add_test(tcase, without_memory_there_is_no_head);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
