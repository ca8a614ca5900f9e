/*
 * mutate.c - valid requests, and random mutations of them.
 *
 * A mutation is small: a byte, a few bytes, a piece that has meant trouble to
 * somebody's parser, or a part of another request.  So most of what comes out
 * is nearly right, which is where two readers disagree.
 */
#include "tests/torture/mutate.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT(literal) {(literal), sizeof(literal) - 1}

static const struct str seeds[] = {
    TEXT("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"),
    TEXT("GET /a/b.c?d=e&f HTTP/1.1\r\nHost: a.example:80\r\n"
	 "User-Agent: torture/1.0\r\nAccept: */*\r\n"
	 "Accept-Encoding: gzip, br\r\nCookie: a=b; c=\"d\"\r\n\r\n"),
    TEXT("GET http://a.example/b?c HTTP/1.1\r\nHost: a.example\r\n\r\n"),
    TEXT("HEAD /x/%41/../b//c HTTP/1.1\r\nHost: [::1]:8080\r\n"
	 "Connection: keep-alive, X-Hop\r\nX-Hop: y\r\nX-End: z\r\n\r\n"),
    TEXT("POST /form HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	 "Content-Type: application/x-www-form-urlencoded\r\n"
	 "Content-Length: 11\r\n\r\nname=value&"),
    TEXT("PUT /chunks HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n"
	 "\r\n5\r\nhello\r\n1A;name=\"va\\\"lue\";b\r\n"
	 "abcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n"),
    TEXT("POST /trailer HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n"
	 "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
	 "3\r\nabc\r\n0\r\nX-Sum: 900150983cd24fb0\r\n\r\n"),
    TEXT("POST /expect HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	 "Content-Length: 4\r\n\r\nbody"),
    TEXT("GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
	 "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
	 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
    TEXT("DELETE /%7Euser/%2f%5c HTTP/1.1\r\nHost: A_b-1.example.\r\n"
	 "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nX:\r\nY: \t a\t b \r\n\r\n"),
    TEXT("GET /old HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"),
    TEXT("POST /old HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n"
	 "Content-Length: 2\r\n\r\nok"),
    TEXT("OPTIONS /o HTTP/1.1\r\nHost: a\r\nMax-Forwards: 3\r\n\r\n"),
    TEXT("PATCH /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
	 "X-Forwarded-For: 192.0.2.1\r\nVia: 1.1 b\r\n\r\n"),
};

static const struct str pieces[] = {
    TEXT("\r"), TEXT("\n"), TEXT("\r\n"), TEXT("\r\n\r\n"), TEXT(" "),
    TEXT("\t"), TEXT(":"), TEXT(","), TEXT(";"), TEXT("\0"), TEXT("\x7f"),
    TEXT("\x80"), TEXT("\xff"), TEXT("%2e"), TEXT("%2F"), TEXT("%25"),
    TEXT("%00"), TEXT("/../"), TEXT("/./"), TEXT("//"), TEXT("..;"),
    TEXT("%c0%ae"), TEXT("/..%2f"), TEXT("/%252e%252e/"), TEXT("/..;/"),
    TEXT("/%2e%5C"), TEXT("?"), TEXT("#"), TEXT("\\"), TEXT("@"), TEXT("*"),
    TEXT("http://b/"), TEXT("Host: b\r\n"), TEXT("Host : b\r\n"),
    TEXT("Content-Length: 6\r\n"), TEXT("Content-Length: +4\r\n"),
    TEXT("Content-Length: 4, 4\r\n"), TEXT("Content-Length:\r\n"),
    TEXT("Transfer-Encoding: chunked\r\n"),
    TEXT("Transfer-Encoding: chunked, chunked\r\n"),
    TEXT("Transfer-Encoding:\vchunked\r\n"),
    TEXT("Transfer-Encoding: identity\r\n"),
    TEXT("Transfer-Encoding : chunked\r\n"), TEXT("Transfer_Encoding: chunked"),
    TEXT("Connection: host\r\n"), TEXT("Connection: close\r\n"),
    TEXT("Connection: transfer-encoding\r\n"), TEXT("Connection: x-end, y\r\n"),
    TEXT("Expect: 100-continue\r\n"), TEXT("Expect: x\r\n"),
    TEXT("Upgrade: h2c\r\n"), TEXT("Trailer: Host\r\n"),
    TEXT(" HTTP/1.1\r\n"), TEXT(" HTTP/1.0\r\n"), TEXT(" HTTP/0.9\r\n"),
    TEXT(" HTTP/2.0\r\n"), TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    TEXT("TRACE"), TEXT("CONNECT"), TEXT("OPTIONS"), TEXT("HEAD"), TEXT("GET"),
    TEXT("chunked"), TEXT("\r\n x"), TEXT("\r\n\tx"), TEXT("0"), TEXT("00"),
    TEXT("0\r\n"), TEXT("0\r\n\r\n"), TEXT("0x5"), TEXT("-1"),
    TEXT("fff"), TEXT("999"), TEXT("ffffffffffffffff"), TEXT("10000000000000000"),
    TEXT("18446744073709551616"), TEXT("4611686018427387904"),
    TEXT("5\r\nhello\r\n"), TEXT("5\nhello\r\n"), TEXT("5 \r\nhello\r\n"),
    TEXT("0\r\nHost: x\r\n\r\n"), TEXT("GET /smuggled HTTP/1.1\r\nHost: s\r\n\r\n"),
};

struct rng rng_start(uint64_t seed, uint64_t index)
{
	struct rng r = {(seed + 1) * UINT64_C(0x9e3779b97f4a7c15) ^
	    (index + 1) * UINT64_C(0xd1342543de82ef95)};

	if (r.state == 0)
		r.state = 1;
	for (int i = 0; i < 4; i++)
		(void)rng_below(&r, 2);
	return r;
}

size_t rng_below(struct rng *r, size_t limit)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (size_t)((r->state >> 16) % limit);
}

struct text {
	char *p;
	size_t n;
};

#define GROWTH_MAX 64 /* by one mutation */

/* N bytes at AT become S, if there are so many. */
static void replace(struct text *t, size_t at, size_t n, struct str s)
{
	if (at + n > t->n || s.n > GROWTH_MAX)
		return;
	memmove(t->p + at + s.n, t->p + at + n, t->n - at - n);
	memcpy(t->p + at, s.p, s.n);
	t->n = t->n - n + s.n;
}

static struct str piece(struct rng *r)
{
	return pieces[rng_below(r, COUNT(pieces))];
}

/* Up to 40 bytes from anywhere in S. */
static struct str part_of(struct rng *r, struct str s)
{
	size_t at = rng_below(r, s.n);
	size_t n = rng_below(r, 40) + 1;

	return str_make(s.p + at, n < s.n - at ? n : s.n - at);
}

static void mutate(struct rng *r, struct text *t)
{
	size_t at = rng_below(r, t->n + 1);
	char byte = (char)rng_below(r, 256);
	char visible = (char)('!' + rng_below(r, 0x7f - '!'));
	char copy[40];
	struct str part;

	switch (rng_below(r, 10)) {
	case 0:
		return replace(t, at, 1, str_make(&byte, 1));
	case 1:
		return replace(t, at, 0, str_make(&byte, 1));
	case 2:
		return replace(t, at, rng_below(r, 8) + 1, STR(""));
	case 3:
	case 4:
		return replace(t, at, 0, piece(r));
	case 5:
		return replace(t, at, rng_below(r, 6) + 1, piece(r));
	case 6:
		part = part_of(r, seeds[rng_below(r, COUNT(seeds))]);
		return replace(t, at, rng_below(r, part.n + 1), part);
	case 7:
		return replace(t, at, 0, str_make(&visible, 1));
	case 8:
		return replace(t, at, 1, str_make(&visible, 1));
	default:
		part = part_of(r, str_make(t->p, t->n));
		memcpy(copy, part.p, part.n);
		return replace(t, at, 0, str_make(copy, part.n));
	}
}

/* One request behind what T holds; one of four stays as it is. */
static void append(struct rng *r, struct text *t)
{
	struct str seed = seeds[rng_below(r, COUNT(seeds))];
	struct text one = {t->p + t->n, 0};
	size_t times = rng_below(r, 4);

	if (times == 3)
		times = rng_below(r, 4);
	if (t->n + seed.n > MUTATE_TEXT_MAX / 2)
		return;
	memcpy(one.p, seed.p, seed.n);
	one.n = seed.n;
	for (size_t i = 0; i < times; i++)
		if (t->n + one.n + GROWTH_MAX <= MUTATE_TEXT_MAX && one.n > 0)
			mutate(r, &one);
	t->n += one.n;
}

size_t mutate_make(struct rng *r, char *text)
{
	struct text t = {text, 0};
	size_t kind = rng_below(r, 8);
	size_t count = kind == 0 ? 3 : kind < 3 ? 2 : 1;

	for (size_t i = 0; i < count; i++)
		append(r, &t);
	return t.n;
}
