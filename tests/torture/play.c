/*
 * play.c - exchanges of every kind, to be played in the world.
 */
#include "tests/torture/play.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "tests/torture/judge.h"

#define GET "GET /a?b HTTP/1.1\r\nHost: a.example\r\n"
#define POST "POST /form HTTP/1.1\r\nHost: a.example\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define UPGRADE "Connection: upgrade\r\nUpgrade: websocket\r\n"
#define LINE_64 "X-Filler: 0123456789012345678901234567890123456789012345678901"
#define LINES_16 LINE_64 LINE_64 LINE_64 LINE_64 LINE_64 LINE_64 LINE_64      \
    LINE_64 LINE_64 LINE_64 LINE_64 LINE_64 LINE_64 LINE_64 LINE_64 LINE_64
#define PATH_64 "/%41%42%43%44%45%46%47%48%49%4a%4b%4c%4d%4e%4f%50%51%52%53/.//x"
#define PATHS_16 PATH_64 PATH_64 PATH_64 PATH_64 PATH_64 PATH_64 PATH_64      \
    PATH_64 PATH_64 PATH_64 PATH_64 PATH_64 PATH_64 PATH_64 PATH_64 PATH_64
#define LARGE_PATH PATHS_16 PATHS_16 PATHS_16 PATHS_16 PATHS_16 PATHS_16
#define LARGE_FIELD LINES_16 LINES_16 "\r\n"

const struct play plays[] = {
    {"get", GET "\r\n", .reply = OK, .reply_body = 5, .replies = 1},
    {"get, reply in chunks", GET "\r\n",
	.reply = OK, .reply_body = 200000, .reply_chunked = true,
	.replies = 1},
    {"get, reply until close", GET "\r\n",
	.reply = OK, .reply_body = 3000, .reply_ends = true, .replies = 1},
    {"get, large reply", GET "\r\n",
	.reply = OK, .reply_body = 400000, .replies = 1},
    {"get of HTTP/1.0, reply in chunks",
	"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
	.reply = OK, .reply_body = 3000, .reply_chunked = true,
	.replies = 1},
    {"head", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
	.reply = OK "Content-Length: 7\r\n", .replies = 1},
    {"post", POST "Content-Length: 3000\r\n\r\n",
	.body = 3000, .reply = OK, .reply_body = 5, .replies = 1},
    {"large post", POST "Content-Length: 400000\r\n\r\n",
	.body = 400000, .reply = OK, .reply_body = 5, .replies = 1},
    {"post in chunks", POST CHUNKED "\r\n",
	.body = 200000, .chunked = true, .trailer = "", .reply = OK,
	.reply_body = 200000, .reply_chunked = true, .replies = 1},
    {"post with trailers", POST CHUNKED "TE: trailers\r\n\r\n",
	.body = 3000, .chunked = true, .trailer = "X-Sum: 17\r\n",
	.reply = OK, .reply_body = 5, .replies = 1},
    {"post that waits", POST "Expect: 100-continue\r\n"
	"Content-Length: 3000\r\n\r\n",
	.body = 3000, .waits = true, .reply = OK, .reply_body = 5,
	.replies = 1},
    {"large head", GET LARGE_FIELD LARGE_FIELD LARGE_FIELD LARGE_FIELD
	LARGE_FIELD LARGE_FIELD "Cookie: a=b\r\n\r\n",
	.reply = OK LARGE_FIELD, .reply_body = 5, .replies = 1},
    {"large target", "GET " LARGE_PATH " HTTP/1.1\r\nHost: A.example\r\n\r\n",
	.reply = OK, .reply_body = 5, .replies = 1},
    {"pipeline", GET "\r\n" POST "Content-Length: 5\r\n\r\nhello" GET
	"X-Third: \r\n\r\n",
	.reply = OK, .reply_body = 5, .replies = 3},
    {"pipeline behind chunks", POST CHUNKED "\r\n5\r\nhello\r\n0\r\n\r\n" GET
	"\r\n" GET "\r\n",
	.reply = OK, .reply_body = 70000, .replies = 3},
    {"upgrade", "GET /ws HTTP/1.1\r\nHost: a\r\n" UPGRADE "\r\n",
	.reply = "HTTP/1.1 101 Switching Protocols\r\n" UPGRADE,
	.tunnel = true, .replies = 1, .status = 101},
    {"a server that refuses", GET "\r\n",
	.refused = true, .reply = OK, .reply_body = 5, .replies = 1},
    {"no server", GET "\r\n",
	.refused = true, .down = true, .replies = 1, .status = 502},
    {"a request that is refused", "GET / HTTP/1.1\r\n\r\n", .replies = 1,
	.status = 400},
    {"a reply that is malformed", GET "\r\n",
	.reply = OK "Content-Length: 6\r\n", .reply_body = 5, .replies = 1,
	.status = 502},
};

const unsigned play_count = sizeof(plays) / sizeof(plays[0]);

static const struct play *on; /* is being played */

static unsigned status_of(const struct play *p)
{
	return p->status != 0 ? p->status : 200;
}

/* ---- bytes ---- */

#define PATTERN_MAX 400000

/* No piece of it can be missing, or come twice, unnoticed. */
static const char *pattern(void)
{
	static char text[PATTERN_MAX];

	if (text[1] == 0)
		for (size_t i = 0; i < PATTERN_MAX; i++)
			text[i] = "\r\n0\r\n\r\nHTTP"[(i * 7 + i / 251) % 11];
	return text;
}

static void send_text(struct actor *a, const char *text)
{
	actor_send(a, text, strlen(text));
}

/* N bytes of the pattern, in chunks of different sizes. */
static void send_chunks(struct actor *a, size_t n, const char *trailer)
{
	char size[32];

	for (size_t at = 0; at < n;) {
		size_t one = 1 + at * 5 % 30011;

		if (one > n - at)
			one = n - at;
		snprintf(size, sizeof(size), "%zx\r\n", one);
		send_text(a, size);
		actor_send(a, pattern() + at, one);
		send_text(a, "\r\n");
		at += one;
	}
	send_text(a, "0\r\n");
	send_text(a, trailer);
	send_text(a, "\r\n");
}

/* ---- the origin ---- */

static void reply_with_body(struct actor *origin, size_t n)
{
	char length[64];

	snprintf(length, sizeof(length), "Content-Length: %zu\r\n\r\n", n);
	if (on->reply_chunked)
		send_text(origin, CHUNKED "\r\n");
	else
		send_text(origin, on->reply_ends ? "\r\n" : length);
	if (on->reply_chunked)
		send_chunks(origin, n, "");
	else
		actor_send(origin, pattern(), n);
}

static void answer(struct actor *origin)
{
	send_text(origin, on->reply);
	if (on->reply_body > 0)
		reply_with_body(origin, on->reply_body);
	else
		send_text(origin, "\r\n");
	if (on->reply_ends)
		actor_finish(origin);
	origin->switched = on->tunnel;
}

/* A request is whole, and answered; or it waits to be asked on. */
static bool take_request(struct actor *origin)
{
	struct str in =
	    str_make(origin->in + origin->used, origin->in_n - origin->used);
	struct strict_message m;
	bool whole = in.n > 0 && strict_request(in, &m) == STRICT_WHOLE;
	struct str value;

	if (in.n == 0)
		return false;
	if (!whole && on->waits && m.head_whole && origin->out_n == 0 &&
	    strict_find(&m, "expect", &value) > 0)
		send_text(origin, "HTTP/1.1 100 Continue\r\n\r\n");
	if (whole) {
		origin->used += m.n;
		answer(origin);
	}
	strict_free(&m);
	return whole;
}

static void on_origin(struct actor *origin)
{
	while (!origin->switched && take_request(origin))
		;
	if (origin->switched) {
		actor_send(origin, origin->in + origin->used,
		    origin->in_n - origin->used);
		origin->used = origin->in_n;
	}
	if (origin->ended)
		actor_finish(origin);
}

/* ---- playing ---- */

struct actor *play_begin(const struct play *p)
{
	on = p;
	judge_begin();
	world_on_origin(on_origin);
	world_refuse(0, p->refused);
	world_refuse(1, p->down);
	return world_connect();
}

static bool has_switched(const struct actor *client)
{
	static const char expected[] = "HTTP/1.1 101 ";
	size_t n = sizeof(expected) - 1;

	return client->in_n > n && memcmp(client->in, expected, n) == 0;
}

void play_run(const struct play *p, struct actor *client)
{
	send_text(client, p->request);
	if (p->waits)
		world_settle();
	if (p->chunked)
		send_chunks(client, p->body, p->trailer);
	else
		actor_send(client, pattern(), p->body);
	world_settle();
	if (p->tunnel && has_switched(client)) {
		actor_send(client, pattern(), 100000);
		world_settle();
	}
	actor_finish(client);
	world_settle();
}

/* ---- what came out ---- */

/* One reply in the name of P: NULL, or what is wrong with it. */
static const char *reply_wrong(const struct play *p,
    const struct strict_message *m)
{
	if (m->status != status_of(p))
		return "the status";
	if (m->status != 200 || m->framing == STRICT_NO_BODY)
		return NULL;
	if (m->body_n != p->reply_body ||
	    memcmp(m->body, pattern(), m->body_n) != 0)
		return "the body";
	return NULL;
}

struct reading {
	struct str rest;
	struct str method;
	unsigned replies;
};

static struct reading read_client(const struct actor *client)
{
	const char *space = memchr(client->out, ' ', client->out_n);

	INSIST(space != NULL);
	return (struct reading){
	    .rest = str_make(client->in, client->in_n),
	    .method = str_make(client->out, (size_t)(space - client->out))};
}

/* The next final reply, of which there is at least a byte. */
static enum strict_verdict read_reply(struct reading *r,
    struct strict_message *m)
{
	enum strict_verdict verdict;

	do {
		verdict = strict_reply(r->rest, r->method, true, m);
		if (verdict != STRICT_WHOLE)
			return verdict;
		r->rest = str_make(r->rest.p + m->n, r->rest.n - m->n);
		if (m->status >= 200 || m->status == 101)
			return verdict;
		strict_free(m);
	} while (r->rest.n > 0);
	return STRICT_PART;
}

const char *play_wrong(const struct play *p, const struct actor *client)
{
	struct reading r = read_client(client);
	struct strict_message m;

	while (r.rest.n > 0) {
		enum strict_verdict verdict = read_reply(&r, &m);
		const char *wrong = verdict == STRICT_WHOLE
		    ? reply_wrong(p, &m)
		    : "a reply is not whole";

		strict_free(&m);
		if (wrong != NULL)
			return wrong;
		r.replies++;
		if (p->tunnel)
			return str_eq(r.rest, str_make(pattern(), 100000))
			    ? NULL
			    : "what came through the tunnel";
	}
	return r.replies == p->replies ? NULL : "the number of replies";
}

const char *play_bad(const struct play *p, const struct actor *client)
{
	struct reading r = read_client(client);
	struct strict_message m;

	while (r.rest.n > 0) {
		enum strict_verdict verdict = read_reply(&r, &m);
		bool good = m.status == status_of(p) || m.status >= 500;

		strict_free(&m);
		if (verdict == STRICT_BAD)
			return "a bad reply";
		if (verdict == STRICT_PART)
			break;
		if (!good)
			return "the status";
		r.replies++;
		if (p->tunnel && m.status == 101)
			return NULL;
	}
	if (r.replies > p->replies)
		return "more replies than requests";
	return r.replies > 0 || client->ended ? NULL : "no reply, and no end";
}

static void print_fields(FILE *to, const struct strict_field *f, unsigned n)
{
	static const char *const unique[] = {"date", "x-request-id",
	    "traceparent"};

	for (unsigned i = 0; i < n; i++) {
		bool is_unique = false;

		for (int k = 0; k < 3; k++)
			is_unique = is_unique || strict_equal_nocase(f[i].name,
				str_from(unique[k]));
		fprintf(to, "%.*s: %.*s\n", (int)f[i].name.n, f[i].name.p,
		    is_unique ? 0 : (int)f[i].value.n, f[i].value.p);
	}
}

static void print_message(FILE *to, const struct strict_message *m)
{
	fprintf(to, "%.*s %.*s %u\n", (int)m->method.n, m->method.p,
	    (int)m->target.n, m->target.p, m->status);
	print_fields(to, m->fields, m->field_count);
	if (m->body_n > 0)
		fwrite(m->body, 1, m->body_n, to);
	print_fields(to, m->trailers, m->trailer_count);
}

static void print_actor(FILE *to, const struct actor *a)
{
	struct str rest = str_make(a->in, a->in_n);
	struct strict_message m;
	enum strict_verdict verdict = STRICT_WHOLE;

	fprintf(to, "\n== %s%s\n", a->is_origin ? "origin" : "client",
	    a->reset && !a->is_origin ? ", reset" : "");
	while (rest.n > 0 && verdict == STRICT_WHOLE) {
		bool head = a->out_n > 4 && memcmp(a->out, "HEAD", 4) == 0;

		verdict = a->is_origin
		    ? strict_request(rest, &m)
		    : strict_reply(rest, head ? STR("HEAD") : STR("GET"),
			  true, &m);
		print_message(to, &m);
		strict_free(&m);
		rest = str_make(rest.p + m.n, rest.n - m.n);
		if (on->tunnel)
			break;
	}
	fwrite(rest.p, 1, rest.n, to);
}

#define ID_LEN 32

/* Names of requests are 32 hexadecimal digits. */
static void hide_ids(char *text)
{
	for (char *at = text; *at != '\0';) {
		size_t n = strspn(at, "0123456789abcdef");

		if (n == ID_LEN)
			memset(at, 'x', n);
		at += n > 0 ? n : 1;
	}
}

char *play_outcome(void)
{
	char *text;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	INSIST(to != NULL);
	for (unsigned i = 0; i < world_actors(); i++)
		print_actor(to, world_actor(i));
	fclose(to);
	hide_ids(text);
	return text;
}
