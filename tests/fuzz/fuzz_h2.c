/*
 * fuzz_h2.c - any bytes from a client of HTTP/2, and what a proxy makes of them.
 *
 * The input is a script for the peers of a whole proxy in this process
 * (tests/torture/world.h).  A step is a byte that says which, a byte N, and N
 * bytes more:
 *
 *	r  the client sends them as they are
 *	f  a frame: its type, its flags, its stream, and the payload
 *	g, p  a GET, or a POST that goes on: the stream, and fields in HPACK
 *	w  the windows of the connection and of a stream grow
 *	n  a new client, which sends its preface and these SETTINGS
 *	m  a new client, which sends nothing
 *	o  origins reply otherwise from now on: the first of them says how
 *	C  the client's FIN           X  it closes
 *	s  it stops reading           t  the clock moves to the next deadline
 *	e  calls trickle, or no longer
 *
 * Then all deadlines come, and nobody and nothing may be left.  What origins
 * got are sound requests, or beginnings of them, to the independent reader of
 * tests/torture/strict.h; what clients got are frames of a permitted size and
 * kind, SETTINGS first.
 */
#include <stdint.h>
#include <stdio.h>

#include "common/base/insist.h"
#include "tests/torture/strict.h"
#include "tests/torture/world.h"

#define INPUT_MAX ((size_t)16 * 1024)
#define STEPS_MAX 200
#define CLIENTS_MAX 4
#define FRAME_HEAD 9
#define FRAME_MAX 16384
#define BIG 100000
#define MAGIC "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum { DATA, HEADERS, RST_STREAM = 3, SETTINGS, PUSH_PROMISE, GOAWAY = 7,
	WINDOW_UPDATE, CONTINUATION };
enum { END_STREAM = 1, END_HEADERS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct actor *client;
	unsigned clients;
	unsigned steps;
	unsigned char replies; /* which one origins give */
} script;

/* ---- the client ---- */

static void send_frame(unsigned type, unsigned flags, unsigned stream,
    struct str payload)
{
	char head[FRAME_HEAD] = {(char)(payload.n >> 16),
	    (char)(payload.n >> 8), (char)payload.n, (char)type, (char)flags,
	    0, 0, (char)(stream >> 8), (char)stream};

	actor_send(script.client, head, sizeof(head));
	actor_send(script.client, payload.p, payload.n);
}

static void connect_client(struct str settings, bool greets)
{
	if (script.clients == CLIENTS_MAX)
		return;
	script.clients++;
	script.client = world_connect_h2c();
	if (!greets)
		return;
	actor_send(script.client, MAGIC, sizeof(MAGIC) - 1);
	settings.n -= settings.n % 6;
	send_frame(SETTINGS, 0, 0, settings);
	send_frame(SETTINGS, 1, 0, STR(""));
}

static unsigned take_byte(struct str *s)
{
	unsigned byte = s->n > 0 ? (unsigned char)s->p[0] : 0;

	*s = str_behind(*s, s->n > 0);
	return byte;
}

/* :method, :scheme http, :path /, :authority a, and what the input says. */
static void send_request(bool is_post, struct str rest)
{
	char block[300] = {is_post ? (char)0x83 : (char)0x82, (char)0x86,
	    (char)0x84, 0x01, 1, 'a'};
	unsigned stream = take_byte(&rest);

	memcpy(block + 6, rest.p, rest.n);
	send_frame(HEADERS, END_HEADERS | (is_post ? 0 : END_STREAM), stream,
	    str_make(block, 6 + rest.n));
}

static void send_any_frame(struct str rest)
{
	unsigned type = take_byte(&rest);
	unsigned flags = take_byte(&rest);
	unsigned stream = take_byte(&rest);

	send_frame(type, flags, stream, rest);
}

static void open_windows(struct str rest)
{
	send_frame(WINDOW_UPDATE, 0, 0, STR("\0\4\0\0"));
	send_frame(WINDOW_UPDATE, 0, take_byte(&rest), STR("\0\4\0\0"));
}

/* ---- the origins ---- */

static void reply_much(struct actor *origin)
{
	static char much[BIG];

	memset(much, 'x', sizeof(much));
	actor_send(origin, much, sizeof(much));
}

static void reply(struct actor *origin, bool is_head)
{
	static const struct str replies[] = {
	    STR("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
	    STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n0\r\nX-End: yes\r\n\r\n"),
	    STR("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
		"HTTP/1.1 204 No Content\r\n\r\n"),
	    STR("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"),
	    STR("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil"),
	    STR("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
	    STR("HTTP/1.1 200 OK\r\nA: b\r\n"),
	    STR("what?\r\n\r\n")};
	unsigned which = script.replies % 10;

	if (which >= sizeof(replies) / sizeof(replies[0]))
		return;
	if (is_head)
		which = 0;
	actor_send(origin, replies[which].p,
	    replies[which].n - (is_head ? 5 : 0));
	if (which == 5)
		reply_much(origin);
	if (which == 4 || which == 3)
		actor_finish(origin);
}

/* All whole requests are answered; nothing that came may be unsound. */
static void on_origin(struct actor *origin)
{
	enum strict_verdict verdict = STRICT_WHOLE;

	while (verdict == STRICT_WHOLE && origin->used < origin->in_n) {
		struct strict_message m;
		struct str s = str_make(origin->in + origin->used,
		    origin->in_n - origin->used);

		verdict = strict_request(s, &m);
		if (verdict == STRICT_BAD)
			fprintf(stderr, "%s: %.*s\n", m.why,
			    (int)(s.n < 2000 ? s.n : 2000), s.p);
		INSIST(verdict != STRICT_BAD);
		if (verdict == STRICT_WHOLE) {
			reply(origin, str_eq(m.method, STR("HEAD")));
			origin->used += m.n;
		}
		strict_free(&m);
	}
}

/* ---- steps ---- */

static void trickle(void)
{
	shim.every_other = !shim.every_other;
	shim.at_most = shim.every_other ? 7 : 0;
}

static void step_client(char what, struct str rest)
{
	if (what == 'r')
		actor_send(script.client, rest.p, rest.n);
	else if (what == 'f')
		send_any_frame(rest);
	else if (what == 'g' || what == 'p')
		send_request(what == 'p', rest);
	else if (what == 'w')
		open_windows(rest);
	else if (what == 'C')
		actor_finish(script.client);
	else if (what == 'X')
		actor_close(script.client);
	else if (what == 's')
		actor_stall(script.client);
}

static void step(char what, struct str rest)
{
	switch (what) {
	case 'n':
	case 'm':
		connect_client(rest, what == 'n');
		break;
	case 'o':
		script.replies = (unsigned char)take_byte(&rest);
		break;
	case 't':
		(void)world_pass_time();
		break;
	case 'e':
		trickle();
		break;
	default:
		if (what == '\0' || strchr("rfgpwCXs", what) == NULL)
			return;
		if (script.client == NULL)
			connect_client(STR(""), true);
		step_client(what, rest);
	}
	world_settle();
}

static void play(struct str input)
{
	while (input.n > 1 && script.steps++ < STEPS_MAX) {
		char what = (char)take_byte(&input);
		size_t n = take_byte(&input);

		if (n > input.n)
			n = input.n;
		step(what, str_make(input.p, n));
		input = str_behind(input, n);
	}
}

/* ---- what clients got ---- */

static void check_frame(const unsigned char *head, size_t n, bool first)
{
	unsigned type = head[3];
	unsigned stream = (unsigned)head[7] << 8 | head[8];

	INSIST(n <= FRAME_MAX);
	INSIST(type <= CONTINUATION && type != PUSH_PROMISE);
	INSIST(!first || type == SETTINGS || type == GOAWAY);
	if (type == DATA || type == HEADERS || type == RST_STREAM)
		INSIST(stream % 2 == 1);
}

static void check_frames(const struct actor *p)
{
	const unsigned char *in = (const unsigned char *)p->in;
	size_t left = p->in_n;

	if (left >= 5 && memcmp(in, "HTTP/", 5) == 0)
		return;
	while (left >= FRAME_HEAD) {
		size_t n = (size_t)in[0] << 16 | (size_t)in[1] << 8 | in[2];

		check_frame(in, n, in == (const unsigned char *)p->in);
		if (n + FRAME_HEAD > left)
			return;
		in += n + FRAME_HEAD;
		left -= n + FRAME_HEAD;
	}
}

static void check_clients(void)
{
	for (unsigned i = 0; i < world_actors(); i++)
		if (!world_actor(i)->is_origin && world_actor(i)->in_n > 0)
			check_frames(world_actor(i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool opened;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	if (!opened)
		world_open();
	opened = true;
	memset(&script, 0, sizeof(script));
	shim.every_other = false;
	shim.at_most = 0;
	world_begin_case();
	world_on_origin(on_origin);
	play(str_make((const char *)data, size));
	check_clients();
	world_end_case();
	return 0;
}
