/*
 * test_check.c - what a check of a server makes of what the server does.
 *
 * The server is the test itself: it accepts, reads what was asked, and sends
 * its reply byte by byte.  Handshakes that succeed are in tests/system.
 */
#include "worker/origin/check.h"

#include <signal.h>
#include <stdio.h>

#include "tests/unit/test_conn.h"
#include "worker/conn/block.h"
#include "worker/conn/tls.h"
#include "worker/http/message.h"

static struct conf_health health;
static struct check_target target;
static struct check_result result;
static bool done;
static int listener;
static struct arena arena;
static struct conf_pattern *pattern;
static SSL_CTX *context;

static void check_once(void *arg)
{
	(void)arg;
	check_run(&target, &result);
	done = true;
}

static void expect_body(const char *text)
{
	struct conf_pattern_fault fault;

	ck_assert_int_eq(conf_pattern_init(), 0);
	pattern = conf_pattern_compile(&arena, str_from(text), &fault);
	ck_assert_ptr_nonnull(pattern);
	health.body = pattern;
}

static void open_all(void)
{
	static struct conf_pool pool = {.health = &health};
	struct sockaddr_in addr;

	signal(SIGPIPE, SIG_IGN); /* in a worker it is blocked */
	make_loop();
	ck_assert_int_eq(tls_init(), 0);
	block_init(1 << 20);
	arena_init(&arena);
	listener = listen_local(&addr, 4);
	health = (struct conf_health){.type = CONF_HEALTH_TLS,
	    .path = STR("/healthz"), .method = STR("GET"),
	    .lines = STR("User-Agent: sluice-health\r\n"),
	    .expect_text = "200-291", .timeout = PATIENCE};
	health.expect[0] = UINT64_MAX; /* 200-263 */
	health.expect[1] = UINT64_MAX >> 36; /* 264-291 */
	ck_assert_int_eq(origin_tls_make(&pool, &context), 0);
	health.type = CONF_HEALTH_HTTP;
	target = (struct check_target){.conf = &health,
	    .addr_len = sizeof(addr), .host = STR("127.0.0.1:1"),
	    .prefix = STR("")};
	memcpy(&target.addr, &addr, sizeof(addr));
	done = false;
}

static void close_all(void)
{
	turn_until_idle();
	close(listener);
	SSL_CTX_free(context);
	tls_free();
	conf_pattern_free_all(pattern);
	block_free_all();
	arena_free(&arena);
	loop_free();
}

/* ---- the server's side ---- */

/* The check's connection. */
static int begin(void)
{
	int fd;

	start(check_once, NULL);
	loop_turn(0);
	fd = accept(listener, NULL, NULL);
	MUST(fd >= 0);
	return fd;
}

static void read_request(int fd, char *text, size_t room)
{
	size_t n = 0;

	while (n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4) != 0) {
		ssize_t got;

		loop_turn(0);
		got = recv(fd, text + n, room - n - 1, MSG_DONTWAIT);
		MUST(got != 0);
		n += got > 0 ? (size_t)got : 0;
	}
	text[n] = '\0';
}

static void send_slowly(int fd, const char *text, size_t n)
{
	for (size_t i = 0; i < n && !done; i++) {
		(void)send(fd, text + i, 1, MSG_NOSIGNAL);
		loop_turn(0);
	}
}

/* Answers with N bytes at TEXT, hangs up, and waits for the outcome. */
static void answer_bytes(const char *text, size_t n)
{
	char request[1024];
	int fd = begin();

	read_request(fd, request, sizeof(request));
	send_slowly(fd, text, n);
	close(fd);
	turn_until(&done);
}

static void answer(const char *text)
{
	answer_bytes(text, strlen(text));
}

static void must_be(enum check_outcome outcome, unsigned detail)
{
	char text[200];
	struct out out = out_make(text, sizeof(text));

	check_say(&out, &health, &result);
	ck_assert_msg(result.outcome == outcome && result.detail == detail,
	    "%s", out_cstr(&out));
}

#define OK "HTTP/1.1 200 OK\r\n"

/* ---- requests ---- */

START_TEST(the_request_asks_for_what_is_configured)
{
	char request[1024];
	int fd;

	health.method = STR("POST");
	health.path = STR("/healthz?full=1");
	health.lines = STR("X-Check: a\r\n");
	target.prefix = STR("/base");
	fd = begin();
	read_request(fd, request, sizeof(request));
	ck_assert_str_eq(request, "POST /base/healthz?full=1 HTTP/1.1\r\n"
	    "Host: 127.0.0.1:1\r\nX-Check: a\r\nConnection: close\r\n\r\n");
	send_slowly(fd, OK "\r\n", strlen(OK) + 2);
	close(fd);
	turn_until(&done);
	must_be(CHECK_passed, 0);
}
END_TEST

START_TEST(a_host_of_its_own_goes_before_the_server_s)
{
	char request[1024];
	int fd;

	health.host = STR("app.internal");
	fd = begin();
	read_request(fd, request, sizeof(request));
	ck_assert_ptr_nonnull(strstr(request, "\r\nHost: app.internal\r\n"));
	close(fd);
	turn_until(&done);
	must_be(CHECK_closed, 0);
}
END_TEST

/* ---- replies ---- */

static const struct {
	const char *text;
	enum check_outcome outcome;
	unsigned detail;
	const char *body; /* the pattern, or NULL */
} replies[] = {
    {OK "Content-Length: 2\r\n\r\nok", CHECK_passed, 0, NULL},
    {OK "\r\n", CHECK_passed, 0, NULL},
    {"HTTP/1.0 204 x\r\n\r\n", CHECK_passed, 0, NULL},
    /* what does not matter may break off */
    {OK "Content-Length: 20\r\n\r\nok", CHECK_passed, 0, NULL},
    {OK "Transfer-Encoding: chunked\r\n\r\n4\r\nx", CHECK_passed, 0, NULL},
    {OK "Transfer-Encoding: chunked\r\n\r\nx", CHECK_malformed,
	FAULT_chunk_size, NULL},
    {"HTTP/1.1 103 a\r\nLink: </a>\r\n\r\n" OK "\r\n", CHECK_passed, 0, NULL},
    {"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", CHECK_status, 503, NULL},
    {"HTTP/1.1 302 x\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", CHECK_status,
	302, NULL},
    {"HTTP/1.1 404 x\r\n\r\nready", CHECK_status, 404, "ready"},
    {"", CHECK_closed, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Le", CHECK_closed, 0, NULL},
    {"HTTP/1.1 103 a\r\n\r\n", CHECK_closed, 0, NULL},
    {"220 smtp ready\r\n\r\n", CHECK_malformed, FAULT_version, NULL},
    {OK "A b: c\r\n\r\n", CHECK_malformed, FAULT_field_name, NULL},
    {OK "Content-Length: 5\r\n\r\nready", CHECK_passed, 0, "^ready$"},
    {OK "Content-Length: 4\r\n\r\nreadyx", CHECK_passed, 0, "^read$"},
    {OK "\r\nready", CHECK_passed, 0, "ready"},
    {OK "Transfer-Encoding: chunked\r\n\r\n2\r\nre\r\n3\r\nady\r\n0\r\n\r\n",
	CHECK_passed, 0, "^ready$"},
    {OK "Content-Length: 8\r\n\r\nnotready", CHECK_body, 0, "^ready"},
    {OK "Content-Length: 0\r\n\r\n", CHECK_body, 0, "ready"},
    {"HTTP/1.1 204 x\r\n\r\n", CHECK_body, 0, "ready"},
    {OK "Content-Length: 6\r\n\r\nready", CHECK_closed, 0, "ready"},
    {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nready\r\n", CHECK_closed, 0,
	"ready"},
    {OK "Transfer-Encoding: chunked\r\n\r\nz\r\nready", CHECK_malformed,
	FAULT_chunk_size, "ready"},
};

START_TEST(the_reply_decides)
{
	if (replies[_i].body != NULL)
		expect_body(replies[_i].body);
	answer(replies[_i].text);
	must_be(replies[_i].outcome, replies[_i].detail);
}
END_TEST

/* A reply of HEAD and SIZE times 'a', then END. */
static void answer_much(const char *head, size_t size, const char *end)
{
	size_t n = strlen(head) + size + strlen(end);
	char *text = malloc(n);

	ck_assert_ptr_nonnull(text);
	memcpy(text, head, strlen(head));
	memset(text + strlen(head), 'a', size);
	memcpy(text + n - strlen(end), end, strlen(end));
	answer_bytes(text, n);
	free(text);
}

START_TEST(a_head_is_bounded)
{
	answer_much(OK "A: ", 16384, "\r\n\r\n");
	must_be(CHECK_malformed, FAULT_head_large);
}
END_TEST

START_TEST(of_a_body_the_first_64_kib_are_looked_at)
{
	expect_body("b");
	answer_much(OK "\r\n", 65535, "bbbbb");
	must_be(CHECK_passed, 0);
	done = false;
	answer_much(OK "\r\n", 65536, "bbbbb");
	must_be(CHECK_body, 0);
}
END_TEST

START_TEST(heads_that_are_not_final_do_not_go_on_for_ever)
{
	char text[4000] = "";

	for (int i = 0; i < 80; i++)
		strcat(text, "HTTP/1.1 103 a\r\nLink: </a>\r\n\r\n");
	answer(text);
	must_be(CHECK_malformed, FAULT_interims);
}
END_TEST

START_TEST(a_reply_has_a_deadline)
{
	char request[1024];
	int fd;

	health.timeout = 50 * USEC_PER_MSEC;
	fd = begin();
	read_request(fd, request, sizeof(request));
	turn_until(&done);
	must_be(CHECK_deadline, 0);
	close(fd);
}
END_TEST

/* ---- connections ---- */

START_TEST(a_server_that_refuses_is_named_so)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&target.addr;

	in->sin_port = htons(1);
	start(check_once, NULL);
	turn_until(&done);
	must_be(CHECK_connect_failed, ECONNREFUSED);
	ck_assert_int_eq(check_verdict(CHECK_connect_failed), CHECK_ILL);
	ck_assert_int_eq(check_verdict(CHECK_passed), CHECK_WELL);
	ck_assert_int_eq(check_verdict(CHECK_skipped), CHECK_UNKNOWN);
}
END_TEST

START_TEST(of_type_tcp_a_connection_is_enough)
{
	health.type = CONF_HEALTH_TCP;
	close(begin());
	turn_until(&done);
	must_be(CHECK_passed, 0);
}
END_TEST

/* ---- TLS ---- */

static void handshake_only(void)
{
	health.type = CONF_HEALTH_TLS;
	target.tls = context;
	target.name = (struct origin_tls_name){"app.internal"};
}

START_TEST(who_does_not_speak_tls_fails_at_the_handshake)
{
	char text[200];
	struct out out = out_make(text, sizeof(text));
	int fd;

	handshake_only();
	fd = begin();
	send_slowly(fd, "220 smtp ready\r\n", 16);
	turn_until(&done);
	ck_assert_int_eq(result.outcome, CHECK_handshake);
	check_say(&out, &health, &result);
	ck_assert_str_eq(out_cstr(&out),
	    "check failed at the TLS handshake: "
	    "the server does not speak TLS");
	close(fd);
	done = false;
	close(begin());
	turn_until(&done);
	ck_assert_int_eq(result.outcome, CHECK_handshake);
}
END_TEST

START_TEST(a_handshake_has_a_deadline)
{
	int fd;

	handshake_only();
	health.timeout = 50 * USEC_PER_MSEC;
	fd = begin();
	turn_until(&done);
	must_be(CHECK_deadline, 0);
	close(fd);
}
END_TEST

/* ---- words ---- */

START_TEST(each_outcome_can_be_said)
{
	static const char *const texts[] = {
	    [CHECK_passed] = "check passed",
	    [CHECK_connect_failed] =
		"check could not connect: Connection refused",
	    [CHECK_status] = "check got status 111, expected 200-291",
	    [CHECK_malformed] = "check got a malformed reply: "};

	for (int i = 0; i < CHECK_END; i++) {
		char text[200];
		struct out out = out_make(text, sizeof(text));

		result = (struct check_result){(enum check_outcome)i, 111};
		check_say(&out, &health, &result);
		ck_assert(out_ok(&out) && str_starts(out_text(&out),
		    STR("check ")));
		if ((size_t)i < sizeof(texts) / sizeof(texts[0]) &&
		    texts[i] != NULL)
			ck_assert_str_eq(out_cstr(&out), texts[i]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("check");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, open_all, close_all);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, the_request_asks_for_what_is_configured);
	tcase_add_test(tc, a_host_of_its_own_goes_before_the_server_s);
	tcase_add_loop_test(tc, the_reply_decides, 0,
	    sizeof(replies) / sizeof(replies[0]));
	tcase_add_test(tc, a_head_is_bounded);
	tcase_add_test(tc, of_a_body_the_first_64_kib_are_looked_at);
	tcase_add_test(tc, heads_that_are_not_final_do_not_go_on_for_ever);
	tcase_add_test(tc, a_reply_has_a_deadline);
	tcase_add_test(tc, a_server_that_refuses_is_named_so);
	tcase_add_test(tc, of_type_tcp_a_connection_is_enough);
	tcase_add_test(tc, who_does_not_speak_tls_fails_at_the_handshake);
	tcase_add_test(tc, a_handshake_has_a_deadline);
	tcase_add_test(tc, each_outcome_can_be_said);
	return run_all(s);
}
