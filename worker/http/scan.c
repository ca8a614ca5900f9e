/*
 * scan.c - the classes of bytes, and the loops that are too long for the
 * header.
 *
 * Runs in workers, over every byte that a peer sends as a head: first
 * scan_head_end looks for its empty line as bytes arrive, then scan_count
 * tells how many lines it has, then head.c reads it with what scan.h offers.
 *
 * The end of a head is looked for in masks of 32 bits, one for each LF, so that
 * no line costs a branch.  Two bits next to each other, or with one between,
 * may be an empty line; the last two bytes of a mask are looked at again as the
 * first two of the next:
 *
 *	bytes     t : 1 CR LF CR LF G E T ...
 *	mask      0 0 0 0  1  0  1  0 0 0
 *	                   ^ & mask >> 2: look closer
 */
#include "worker/http/scan.h"

#include <string.h>

#include "common/base/insist.h"

#define TOKEN SCAN_TOKEN
#define HOST (SCAN_HOST | SCAN_PLAIN | SCAN_TOKEN | SCAN_PATH | SCAN_QUERY)
#define QUERY (SCAN_QUERY | SCAN_VALUE | SCAN_VISIBLE)
#define PATH (SCAN_PATH | QUERY)
#define OTHER (SCAN_VALUE | SCAN_VISIBLE)

/*
 * Paths and queries hold what RFC 3986 allows, and what browsers (the URL
 * standard's percent-encode sets) send as it is: [ ] | ^ in paths; \ ` { }
 * and those in queries.  None of them delimits anything for any reader there;
 * a \ in a path does, and is refused.
 */
const uint8_t scan_classes[256] = {
    ['\t'] = SCAN_VALUE,
    [' '] = SCAN_VALUE,
    ['!'] = PATH | TOKEN,
    ['"'] = OTHER,
    ['#'] = OTHER | TOKEN,
    ['$'] = PATH | TOKEN,
    ['%'] = QUERY | TOKEN,
    ['&' ... '\''] = PATH | TOKEN,
    ['(' ... ')'] = PATH,
    ['*' ... '+'] = PATH | TOKEN,
    [','] = PATH,
    ['-' ... '.'] = PATH | HOST,
    ['/'] = QUERY,
    ['0' ... '9'] = PATH | HOST,
    [':' ... ';'] = PATH,
    ['<'] = OTHER,
    ['='] = PATH,
    ['>'] = OTHER,
    ['?'] = QUERY,
    ['@'] = PATH,
    ['A' ... 'Z'] = PATH | HOST,
    ['['] = PATH,
    ['\\'] = QUERY,
    [']'] = PATH,
    ['^'] = PATH | TOKEN,
    ['_'] = PATH | HOST,
    ['`'] = QUERY | TOKEN,
    ['a' ... 'z'] = PATH | HOST,
    ['{'] = QUERY,
    ['|'] = PATH | TOKEN,
    ['}'] = QUERY,
    ['~'] = PATH | TOKEN | SCAN_PLAIN,
    [0x80 ... 0xff] = SCAN_VALUE,
};

/* The bytes of an empty line at P, of which N are there; 0: it is none, or
 * not there yet. */
static size_t empty_line(const char *p, size_t n)
{
	if (n >= 1 && p[0] == '\n')
		return 1;
	return n >= 2 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

static bool has_avx2;

bool scan_use_avx2(bool use)
{
	bool before = has_avx2;

	has_avx2 = use;
	return before;
}

#ifdef SCAN_SSE2

static void __attribute__((constructor)) find_avx2(void)
{
	__builtin_cpu_init();
	has_avx2 = __builtin_cpu_supports("avx2");
}

const char *scan_value_on(const char *p, const char *end)
{
	if (has_avx2)
		p = scan_avx2_value(p, end);
	for (; end - p >= 16; p += 16) {
		unsigned found = scan_controls(p);

		if (found != 0)
			return p + __builtin_ctz(found);
	}
	return scan_past(p, end, SCAN_VALUE);
}

static __m128i lanes_equal(const char *p, char c)
{
	return _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)p),
	    _mm_set1_epi8(c));
}

static unsigned lines_at(const char *p)
{
	return (unsigned)_mm_movemask_epi8(lanes_equal(p, '\n'));
}

/* The first AT with two LF that might be an empty line, or where less than 32
 * bytes are left. */
static size_t skip_lines(const char *p, size_t n, size_t at)
{
	if (has_avx2 && n - at >= 32)
		at = scan_avx2_lines(p, n, at);
	for (; n - at >= 32; at += 30) {
		uint32_t lf = lines_at(p + at) | lines_at(p + at + 16) << 16;
		uint32_t pair = lf & (lf >> 1 | lf >> 2);

		if (pair != 0)
			return at + (unsigned)__builtin_ctz(pair);
	}
	return at;
}

/* The same for up to 255 times 16 bytes: no lane can overflow. */
static size_t count_blocks(const char *p, size_t blocks, char c)
{
	__m128i lanes = _mm_setzero_si128();

	for (size_t i = 0; i < blocks; i++)
		lanes = _mm_sub_epi8(lanes, lanes_equal(p + 16 * i, c));
	lanes = _mm_sad_epu8(lanes, _mm_setzero_si128());
	return (size_t)_mm_cvtsi128_si32(lanes) +
	    (size_t)_mm_extract_epi16(lanes, 4);
}

size_t scan_count(const char *p, size_t n, char c)
{
	size_t count = 0;

	while (has_avx2 && n >= 32) {
		size_t blocks = n / 32 < 255 ? n / 32 : 255;

		count += scan_avx2_count(p, blocks, c);
		p += 32 * blocks;
		n -= 32 * blocks;
	}
	while (n >= 16) {
		size_t blocks = n / 16 < 255 ? n / 16 : 255;

		count += count_blocks(p, blocks, c);
		p += 16 * blocks;
		n -= 16 * blocks;
	}
	for (size_t i = 0; i < n; i++)
		count += p[i] == c;
	return count;
}

#else

const char *scan_value_on(const char *p, const char *end)
{
	return scan_past(p, end, SCAN_VALUE);
}

static size_t skip_lines(const char *p, size_t n, size_t at)
{
	const char *lf = memchr(p + at, '\n', n - at);

	return lf != NULL ? (size_t)(lf - p) : n;
}

size_t scan_count(const char *p, size_t n, char c)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += p[i] == c;
	return count;
}

#endif

size_t scan_head_end(const char *p, size_t n, size_t from)
{
	size_t empty = empty_line(p, n);

	INSIST(from <= n);
	if (empty > 0)
		return empty;
	for (size_t at = from > 2 ? from - 2 : 0; at < n; at++) {
		at = skip_lines(p, n, at);
		if (at >= n || p[at] != '\n')
			continue;
		empty = empty_line(p + at + 1, n - at - 1);
		if (empty > 0)
			return at + 1 + empty;
	}
	return 0;
}
