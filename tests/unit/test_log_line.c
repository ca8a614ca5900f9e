/*
 * test_log_line.c - one exchange in each format.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>

#include "worker/http/head.h"
#include "worker/proxy/log_line.h"
#include "worker/proxy/waiting.h"

static struct client client;
static struct exchange x;
static struct conf_vhost vhost;
static struct conf_pool pool;
static struct conf_route route;
static struct conf_server conf_server;

static char room[64 * 1024];
static char line[64 * 1024];

static void ask(const char *head)
{
	struct conf_head_limits limits = {.header = CONF_HEADER_MAX,
	    .fields = CONF_FIELDS_MAX,
	    .url = CONF_HEADER_MAX};

	arena_init_fixed(&x.arena, room, sizeof(room));
	x.fault =
	    head_parse_request(str_from(head), &limits, &x.arena, &x.request);
}

/* An exchange that went well. */
static void setup(void)
{
	memset(&x, 0, sizeof(x));
	client.peer.family = AF_INET;
	memcpy(client.peer.bytes, "\xc0\0\2\1", 4);
	vhost = (struct conf_vhost){.name = "www.example.com"};
	pool = (struct conf_pool){.name = "web"};
	route = (struct conf_route){.path = STR("/api")};
	conf_server = (struct conf_server){.address.text = "127.0.0.1:3000"};
	x.client = &client;
	x.vhost = &vhost;
	x.route = &route;
	x.pool = &pool;
	x.server = &conf_server;
	x.server_address = str_from(conf_server.address.text);
	x.id = STR("abc123");
	x.identity.proto = STR("http");
	x.attempts = 1;
	x.status = 200;
	x.head_sent = true;
	x.body_sent = 2326;
	x.end = END_done;
	x.began = 1000000;
	x.connected = 1000250;
	x.first_byte = 1005000;
	ask("GET /x?y=1 HTTP/1.1\r\nHost: a.test\r\n"
	    "User-Agent: say \"hi\"\r\nReferer: http://r.test/\r\n\r\n");
	ck_assert_int_eq(x.fault, FAULT_NONE);
}

static const char *write_short(const struct conf_log_format *format,
    size_t text_max)
{
	struct conf_log log = {.format = *format};
	struct out o = out_make(line, sizeof(line));

	log_line_write(&o, &x, &log, text_max);
	ck_assert(out_ok(&o));
	ck_assert_int_eq(line[o.n - 1], '\n');
	o.n--;
	ck_assert_ptr_null(memchr(line, '\n', o.n));
	return out_cstr(&o);
}

static const char *write(enum conf_log_style style)
{
	return write_short(&(struct conf_log_format){.style = style}, 2048);
}

/* The text that stands in LINE from BEGIN on. */
static void has(const char *text, const char *want)
{
	ck_assert_msg(strstr(text, want) != NULL, "no %s in %s", want, text);
}

static void has_not(const char *text, const char *word)
{
	ck_assert_msg(strstr(text, word) == NULL, "%s in %s", word, text);
}

/* ---- logfmt ---- */

START_TEST(logfmt_has_all_there_is_to_say)
{
	const char *text = write(CONF_LOG_LOGFMT);

	ck_assert_int_eq(strncmp(text, "time=20", 7), 0);
	has(text, "Z id=abc123 client=192.0.2.1 method=GET host=\"a.test\" "
		  "target=\"/x?y=1\" protocol=HTTP/1.1 status=200 bytes=2326 "
		  "vhost=www.example.com route=/api pool=web "
		  "server=127.0.0.1:3000 attempts=1 connect=0.250 "
		  "first_byte=5.000 total=");
	has(text, " referer=\"http://r.test/\" agent=\"say \\\"hi\\\"\" "
		  "end=done");
	ck_assert_str_eq(text + strlen(text) - strlen(" end=done"),
	    " end=done");
}
END_TEST

START_TEST(a_name_is_quoted_when_it_needs_to_be)
{
	x.server_address = STR("unix:/run/my app.sock");
	pool.name = "a=b";
	route.path = STR("/\"");
	vhost.name = "caf\xc3\xa9";
	has(write(CONF_LOG_LOGFMT),
	    "vhost=\"caf\\xc3\\xa9\" route=\"/\\\"\" "
	    "pool=\"a=b\" server=\"unix:/run/my app.sock\" attempts=1");
}
END_TEST

START_TEST(what_has_no_value_is_left_out)
{
	const char *text;

	ask("nonsense\r\n\r\n");
	x.end = END_malformed;
	x.route = NULL;
	x.pool = NULL;
	x.server_address = STR_NONE;
	x.vhost = NULL;
	x.attempts = 0;
	x.connected = x.first_byte = 0;
	x.id = STR_NONE;
	text = write(CONF_LOG_LOGFMT);
	has(text, "Z client=192.0.2.1 status=200 bytes=2326 total=");
	has(text, " end=malformed fault=request_line");
	text = write(CONF_LOG_JSON);
	has(text, "Z\",\"client\":\"192.0.2.1\",\"status\":200,");
	has_not(text, "null");
}
END_TEST

static const char *const without_version[] = {
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1x\r\nHost: a\r\n\r\n",
    "get / HTTP/1.1\r\nHost: a\r\n\r\n",
};

START_TEST(a_version_that_was_not_read_is_not_told)
{
	ask(without_version[_i]);
	ck_assert_int_ne(x.fault, FAULT_NONE);
	has(write(CONF_LOG_LOGFMT), "method=");
	has_not(write(CONF_LOG_LOGFMT), "protocol");
	has_not(write(CONF_LOG_JSON), "protocol");
}
END_TEST

START_TEST(a_version_is_told_of_what_is_refused_later)
{
	ask("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
	ck_assert_int_ne(x.fault, FAULT_NONE);
	has(write(CONF_LOG_LOGFMT), " protocol=HTTP/1.1 ");
	ask("GET / HTTP/1.0\r\nHost\r\n\r\n");
	ck_assert_int_ne(x.fault, FAULT_NONE);
	has(write(CONF_LOG_LOGFMT), " protocol=HTTP/1.0 ");
}
END_TEST

START_TEST(who_a_trusted_proxy_speaks_for_is_the_client)
{
	x.identity.address = STR("2001:db8::7");
	has(write(CONF_LOG_LOGFMT), "client=2001:db8::7 ");
}
END_TEST

/* ---- json ---- */

START_TEST(json_has_numbers_as_numbers)
{
	const char *text = write(CONF_LOG_JSON);

	ck_assert_int_eq(strncmp(text, "{\"time\":\"20", 11), 0);
	has(text,
	    "\"id\":\"abc123\",\"client\":\"192.0.2.1\","
	    "\"method\":\"GET\",\"host\":\"a.test\",\"target\":\"/x?y=1\","
	    "\"protocol\":\"HTTP/1.1\",\"status\":200,\"bytes\":2326,"
	    "\"vhost\":\"www.example.com\",\"route\":\"/api\","
	    "\"pool\":\"web\",\"server\":\"127.0.0.1:3000\","
	    "\"attempts\":1,\"connect\":0.250,\"first_byte\":5.000,"
	    "\"total\":");
	has(text, "\"agent\":\"say \\\"hi\\\"\",\"end\":\"done\"}");
}
END_TEST

START_TEST(json_stays_valid_whatever_came)
{
	ask("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: "
	    "caf\xe9\t\xc3\xbc\r\n\r\n");
	has(write(CONF_LOG_JSON), "\"agent\":\"caf\\ufffd\\u0009\xc3\xbc\"");
}
END_TEST

/* ---- templates ---- */

#define FIELD(name)                                                            \
	{                                                                      \
		.id = CONF_LOG_##name                                          \
	}
#define LITERAL(s)                                                             \
	{                                                                      \
		.id = CONF_PART_TEXT, .text = {(s), sizeof(s) - 1 }            \
	}

static const char *write_template(const struct conf_template_part *parts,
    unsigned count)
{
	struct conf_log_format format = {
	    .style = CONF_LOG_TEMPLATE, .template = {parts, count}};

	return write_short(&format, 2048);
}

START_TEST(a_template_has_its_texts_and_fields)
{
	static const struct conf_template_part parts[] = {LITERAL("<"),
	    FIELD(client), LITERAL("> "), FIELD(scheme), FIELD(status),
	    LITERAL(" \""), FIELD(agent), LITERAL("\"")};

	ck_assert_str_eq(write_template(parts, 8),
	    "<192.0.2.1> http200 \"say \\\"hi\\\"\"");
}
END_TEST

START_TEST(a_missing_value_is_a_dash)
{
	static const struct conf_template_part parts[] = {FIELD(fault),
	    LITERAL(" "), FIELD(received), LITERAL(" "), FIELD(waiting_for)};

	ck_assert_str_eq(write_template(parts, 5), "- - -");
}
END_TEST

START_TEST(an_empty_template_is_an_empty_line)
{
	ck_assert_str_eq(write_template(NULL, 0), "");
}
END_TEST

/* ---- long values ---- */

START_TEST(a_long_value_is_cut_with_a_mark)
{
	static const struct conf_template_part part = FIELD(agent);
	struct conf_log_format format = {.style = CONF_LOG_LOGFMT};

	has(write_short(&format, 6), " agent=\"say \\\"h...\" end=done");
	has(write_short(&format, 6), " vhost=\"www.ex...\" route=/api ");
	format.style = CONF_LOG_JSON;
	has(write_short(&format, 6), "\"agent\":\"say \\\"h...\"");
	ck_assert_str_eq(write_short(
		&(struct conf_log_format){CONF_LOG_TEMPLATE, {&part, 1}}, 6),
	    "say \\\"h...");
	ck_assert_str_eq(write_short(
		&(struct conf_log_format){CONF_LOG_TEMPLATE, {&part, 1}}, 8),
	    "say \\\"hi\\\"");
}
END_TEST

START_TEST(a_line_that_does_not_fit_says_so)
{
	struct conf_log log = {.format = {.style = (enum conf_log_style)_i}};

	write(log.format.style);
	for (size_t n = strlen(line) - 16; n > 0; n--) {
		struct out o = out_make(line, n);

		log_line_write(&o, &x, &log, 2048);
		ck_assert(!out_ok(&o));
		ck_assert_uint_le(o.n, n);
	}
}
END_TEST

/* ---- what it waited for ---- */

static const char *waited(void)
{
	x.end = END_client_closed;
	return waiting_name(waiting_of(&x));
}

START_TEST(who_left_was_waited_for_something)
{
	x.body.done = true;
	ck_assert_str_eq(waited(), "origin_body");
	x.first_byte = 0;
	ck_assert_str_eq(waited(), "origin_first_byte");
	x.body.done = false;
	ck_assert_str_eq(waited(), "request_body");
	x.connected = 0;
	ck_assert_str_eq(waited(), "origin_connect");
	x.unsent = true;
	ck_assert_str_eq(waited(), "client");
	ask("\x01\r\n\r\n");
	ck_assert_str_eq(waited(), "request_head");
	x.head_sent = false;
	has(write(CONF_LOG_LOGFMT), " status=499 ");
	has(write(CONF_LOG_LOGFMT),
	    " end=client_closed waiting_for=request_head");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log_line");
	TCase *tc = tcase_create("line");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, logfmt_has_all_there_is_to_say);
	tcase_add_test(tc, a_name_is_quoted_when_it_needs_to_be);
	tcase_add_test(tc, what_has_no_value_is_left_out);
	tcase_add_loop_test(tc, a_version_that_was_not_read_is_not_told, 0,
	    sizeof(without_version) / sizeof(without_version[0]));
	tcase_add_test(tc, a_version_is_told_of_what_is_refused_later);
	tcase_add_test(tc, who_a_trusted_proxy_speaks_for_is_the_client);
	tcase_add_test(tc, json_has_numbers_as_numbers);
	tcase_add_test(tc, json_stays_valid_whatever_came);
	tcase_add_test(tc, a_template_has_its_texts_and_fields);
	tcase_add_test(tc, a_missing_value_is_a_dash);
	tcase_add_test(tc, an_empty_template_is_an_empty_line);
	tcase_add_test(tc, a_long_value_is_cut_with_a_mark);
	tcase_add_loop_test(tc, a_line_that_does_not_fit_says_so, 0, 2);
	tcase_add_test(tc, who_left_was_waited_for_something);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
