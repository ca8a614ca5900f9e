/*
 * test_head_random.c - random mutations of valid heads.
 *
 * Each is tried as fuzz_head.c says: what is accepted and written out is
 * accepted again, with the same meaning and the same bytes.  The numbers are
 * the same in every run.
 */
#include "tests/fuzz/fuzz_head.c"
#include "tests/unit/test_head.h"

#define ROUNDS 40000
#define TEXT_MAX 2048

static const struct str seeds[] = {
    TEXT("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"),
    TEXT("GET http://a.example/b?c HTTP/1.1\r\nHost: a.example\r\n\r\n"),
    TEXT("POST /a/%41/../b//c HTTP/1.1\r\nHost: [::1]:80\r\n"
	 "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"),
    TEXT("PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n"
	 "Connection: close, X\r\nX: y\r\nA:b\t\r\n\r\n"),
    TEXT("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"
	 "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"),
    TEXT("OPTIONS * HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"),
    TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n"),
    TEXT("HTTP/1.1 404\r\nTransfer-Encoding: chunked\r\nDate: x\r\n\r\n"),
    TEXT("HTTP/1.0 304 Not Modified\r\nContent-Length: 7\r\n\r\n"),
};

static const struct str pieces[] = {
    TEXT("\r"), TEXT("\n"), TEXT("\r\n"), TEXT(" "), TEXT("\t"), TEXT(":"),
    TEXT(","), TEXT(";"), TEXT("\0"), TEXT("\x7f"), TEXT("\x80"), TEXT("%2e"),
    TEXT("%2F"), TEXT("%25"), TEXT("/../"), TEXT("//"), TEXT("?"), TEXT("#"),
    TEXT("\\"), TEXT("Host: b\r\n"), TEXT("Content-Length: 6\r\n"),
    TEXT("Transfer-Encoding: chunked\r\n"), TEXT("Connection: host\r\n"),
    TEXT(" HTTP/1.1\r\n"), TEXT("0"), TEXT("chunked"), TEXT("\r\n x"),
};

static uint64_t state = 0x9e3779b97f4a7c15;

static size_t below(int limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)((state >> 16) % (uint64_t)limit);
}

/* N bytes at AT become the piece S; the new length. */
static size_t replace(char *text, size_t len, size_t at, size_t n,
    struct str s)
{
	if (at + n > len || len - n + s.n > TEXT_MAX)
		return len;
	memmove(text + at + s.n, text + at + n, len - at - n);
	memcpy(text + at, s.p, s.n);
	return len - n + s.n;
}

static size_t mutate(char *text, size_t len)
{
	size_t at = below((int)len);
	char byte = (char)below(256);
	char copy[32];

	switch (below(5)) {
	case 0:
		return replace(text, len, at, 1, str_make(&byte, 1));
	case 1:
		return replace(text, len, at, below(8), STR(""));
	case 2:
		return replace(text, len, at, 0, pieces[below(COUNT(pieces))]);
	case 3:
		return replace(text, len, at, below(4),
		    pieces[below(COUNT(pieces))]);
	default:
		memcpy(copy, text + len - sizeof(copy), sizeof(copy));
		return replace(text, len, at, 0,
		    str_make(copy, below((int)sizeof(copy))));
	}
}

START_TEST(mutated_head_is_refused_or_means_one_thing)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct str seed = seeds[_i];
		char text[TEXT_MAX];
		size_t len = seed.n;

		memcpy(text, seed.p, len);
		for (size_t i = below(4) + 1; i > 0 && len >= 32; i--)
			len = mutate(text, len);
		LLVMFuzzerTestOneInput((const uint8_t *)text, len);
	}
}
END_TEST

START_TEST(every_byte_in_every_place)
{
	struct str seed = seeds[_i];
	char text[TEXT_MAX];

	memcpy(text, seed.p, seed.n);
	for (size_t at = 0; at < seed.n; at++) {
		for (int byte = 0; byte < 256; byte++) {
			text[at] = (char)byte;
			LLVMFuzzerTestOneInput((const uint8_t *)text, seed.n);
		}
		text[at] = seed.p[at];
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("random heads");
	TCase *tcase = tcase_create("random");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, mutated_head_is_refused_or_means_one_thing,
	    0, COUNT(seeds));
	tcase_add_loop_test(tcase, every_byte_in_every_place, 0,
	    COUNT(seeds));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
