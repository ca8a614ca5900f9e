/*
 * test_talk.c - one request and its reply on a connection: what comes, cut
 * anywhere, and what that means.
 */
#include "worker/http/talk.h"

#include <stdio.h>

#include "tests/unit/test_conn.h"
#include "worker/conn/block.h"

#define ASKED "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"

static struct link l;

struct saying {
	const char *reply;
	bool hangs_up;
	int err;
	unsigned status;
	bool reusable;
	const char *body;
};

#define OK "HTTP/1.1 200 OK\r\n"
#define HELLO "Content-Length: 5\r\n\r\nhello"

static const struct saying sayings[] = {
    {OK HELLO, false, 0, 200, true, "hello"},
    {OK "Content-Length: 0\r\n\r\n", false, 0, 200, true, ""},
    {"HTTP/1.1 204 No Content\r\n\r\n", false, 0, 204, true, ""},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n" OK
     HELLO, false, 0, 200, true, "hello"},
    {OK "Transfer-Encoding: chunked\r\n\r\n"
	"3\r\nhel\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n",
	false, 0, 200, true, "hello"},
    {OK "\r\nhello", true, 0, 200, false, "hello"},
    {OK "Connection: close\r\n" HELLO, false, 0, 200, false, "hello"},
    {"HTTP/1.0 200 OK\r\n" HELLO, false, 0, 200, false, "hello"},
    /* something is left on it */
    {OK HELLO "HTTP/1.1 ", false, 0, 200, false, "hello"},
    /* cut */
    {"", true, -EPIPE, 0, false, ""},
    {"HTTP/1.1 2", true, -EPIPE, 0, false, ""},
    {OK "Content-Length: 6\r\n\r\nhello", true, -EPIPE, 200, false, "hello"},
    /* not to be understood, or not asked for */
    {"nonsense\r\n\r\n", false, -EPROTO, 0, false, ""},
    {OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", false, -EPROTO, 200,
	false, ""},
    {OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", false, -EPROTO, 200, false,
	""},
    {"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", false,
	-EPROTO, 101, false, ""},
    /* too much */
    {OK "Content-Length: 99\r\n\r\n0123456789012345678901234567890123456789",
	false, -EMSGSIZE, 200, false, ""},
    /* nothing comes any more */
    {OK "Content-Length: 6\r\n\r\nhello", false, -ETIMEDOUT, 200, false,
	"hello"},
};

#define SAYINGS ((int)(sizeof(sayings) / sizeof(sayings[0])))

struct asking {
	struct talk talk;
	int err;
	bool done;
	char got[64];
	size_t got_n;
	size_t enough;
};

static void open_all(void)
{
	make_loop();
	block_init(16 << 20);
	link_open(&l);
}

static void close_all(void)
{
	turn_until_idle();
	link_close(&l);
	ck_assert_uint_eq(block_bodies_held(), 0);
	block_free_all();
	loop_free();
}

static bool take(void *arg, struct str piece)
{
	struct asking *a = arg;

	MUST(a->got_n + piece.n <= sizeof(a->got));
	memcpy(a->got + a->got_n, piece.p, piece.n);
	a->got_n += piece.n;
	return a->got_n < a->enough;
}

static void run(void *arg)
{
	struct asking *a = arg;
	struct arena arena;

	arena_init_bounded(&arena, NULL, 0, 256 * 1024);
	a->talk.head = str_make(ASKED, sizeof(ASKED) - 5);
	a->talk.body = STR("body");
	a->talk.method = METHOD_POST;
	a->talk.deadline = loop_now() + 200 * USEC_PER_MSEC;
	a->talk.header_max = 8192;
	a->talk.body_max = 32;
	a->talk.take = take;
	a->talk.arg = a;
	a->err = talk(&a->talk, &l.conn, &arena);
	arena_free(&arena);
	a->done = true;
}

/* It is asked for by now. */
static void check_asked(void)
{
	char text[256];
	ssize_t n;

	for (usec_t end = clock_mono() + PATIENCE;
	     (n = read(l.peer, text, sizeof(text))) < 0 &&
	     clock_mono() < end;)
		loop_turn(USEC_PER_MSEC);
	ck_assert_int_eq(n, sizeof(ASKED) - 1);
	ck_assert(memcmp(text, ASKED, sizeof(ASKED) - 1) == 0);
}

/* The reply comes in pieces of STEP bytes, each of them read by itself. */
static void say(const struct saying *s, struct asking *a, size_t step)
{
	size_t n = strlen(s->reply);

	start(run, a);
	check_asked();
	for (size_t at = 0; at < n && !a->done; at += step) {
		size_t piece = n - at < step ? n - at : step;

		MUST(write(l.peer, s->reply + at, piece) == (ssize_t)piece);
		for (int i = 0; i < 3; i++)
			loop_turn(0);
	}
	if (s->hangs_up)
		link_hang_up(&l);
	turn_until(&a->done);
}

static void check(const struct saying *s, size_t step)
{
	struct asking a = {.enough = SIZE_MAX};

	say(s, &a, step);
	ck_assert_int_eq(a.err, s->err);
	if (s->err != -EPROTO)
		ck_assert_uint_eq(a.talk.reply.status, s->status);
	/* what follows may not have come yet */
	if (step > 1 || s->reusable)
		ck_assert_int_eq(a.talk.reusable, s->reusable);
	ck_assert_int_eq(a.talk.silent, s->hangs_up && *s->reply == '\0');
	if (s->err == -EMSGSIZE)
		return;
	ck_assert_msg(a.got_n == strlen(s->body) &&
	    memcmp(a.got, s->body, a.got_n) == 0, "got %.*s", (int)a.got_n,
	    a.got);
}

START_TEST(a_reply_means_this)
{
	check(&sayings[_i], SIZE_MAX);
}
END_TEST

START_TEST(a_reply_means_the_same_byte_by_byte)
{
	check(&sayings[_i], 1);
}
END_TEST

START_TEST(who_has_enough_ends_it)
{
	static const struct saying much = {
	    .reply = OK "Content-Length: 30\r\n\r\nhello"};
	struct asking a = {.enough = 3};

	say(&much, &a, SIZE_MAX);
	ck_assert_int_eq(a.err, -ECANCELED);
	ck_assert(!a.talk.reusable);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("talk");
	TCase *tcase = tcase_create("talk");

	tcase_add_checked_fixture(tcase, open_all, close_all);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, a_reply_means_this, 0, SAYINGS);
	tcase_add_loop_test(tcase, a_reply_means_the_same_byte_by_byte, 0,
	    SAYINGS);
	tcase_add_test(tcase, who_has_enough_ends_it);
	return run_all(suite);
}
