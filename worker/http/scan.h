/*
 * scan.h - find the first byte that does not belong, 16 at a time.
 *
 * The classes of bytes of RFC 9110 and 9112, as a table, and the few loops
 * that see every byte of a head.  SSE2, which every x86-64 has, here; AVX2 for
 * what is long, where the processor has it (scan_avx2.c); and a portable way
 * that does the same (always taken with SCAN_PORTABLE defined: the tests hold
 * the three against each other).  No function here reads outside of
 * [p, end), and none needs a byte of any value at the end.
 */
#ifndef WORKER_HTTP_SCAN_H
#define WORKER_HTTP_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__) && !defined(SCAN_PORTABLE)
#define SCAN_SSE2 1
#include <emmintrin.h>
#endif

/* What ends within so many bytes costs no call. */
#define SCAN_NEAR 64

enum scan_class {
	SCAN_TOKEN = 1,	  /* tchar: RFC 9110, 5.6.2 */
	SCAN_VALUE = 2,	  /* in a field value: HTAB, SP, VCHAR, obs-text */
	SCAN_PATH = 4,	  /* stands for itself in a path segment: target.c */
	SCAN_QUERY = 8,	  /* may stand in a query: target.c */
	SCAN_HOST = 16,	  /* in a host name: target.c */
	SCAN_PLAIN = 32,  /* unreserved: RFC 3986, 2.3 */
	SCAN_VISIBLE = 64 /* VCHAR: ASCII without controls and space */
};

extern const uint8_t scan_classes[256];

static inline bool scan_is(char c, enum scan_class class)
{
	return scan_classes[(unsigned char)c] & class;
}

/* The first byte of [P, END) that is not of CLASS, or END. */
static inline const char *scan_past(const char *p, const char *end,
    enum scan_class class)
{
	while (p < end && scan_is(*p, class))
		p++;
	return p;
}

/*
 * The length of the head that P begins with, up to and with its empty line;
 * 0 if none ends within N.  What any reader might take for an empty line is
 * one: LF LF and LF CR LF end a head too, and so does an empty first line.
 * FROM: bytes that were looked at before.
 */
size_t scan_head_end(const char *p, size_t n, size_t from);

/* How many of the N bytes at P are C. */
size_t scan_count(const char *p, size_t n, char c);

/* May the processor's AVX2 be used?  For tests: says what was so before. */
bool scan_use_avx2(bool use);

#ifdef SCAN_SSE2

/* The loops of scan_avx2.c: until they find something, or less than a block of
 * 32 bytes is left. */
const char *scan_avx2_value(const char *p, const char *end);
size_t scan_avx2_lines(const char *p, size_t n, size_t at);
/* Of up to 255 blocks. */
size_t scan_avx2_count(const char *p, size_t blocks, char c);

/* Lanes of V that are not from LOW to HIGH (as unsigned bytes). */
static inline __m128i scan_outside(__m128i v, char low, char high)
{
	__m128i offset = _mm_sub_epi8(v, _mm_set1_epi8(low));
	__m128i span = _mm_set1_epi8((char)(high - low));
	__m128i inside = _mm_cmpeq_epi8(_mm_min_epu8(offset, span), offset);

	return _mm_xor_si128(inside, _mm_set1_epi8(-1));
}

/* Lanes that are not letters, digits or "-": the usual bytes of names. */
static inline unsigned scan_unusual_in_name(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)p);
	__m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
	__m128i odd = _mm_and_si128(scan_outside(folded, 'a', 'z'),
	    scan_outside(v, '0', '9'));
	__m128i dash = _mm_cmpeq_epi8(v, _mm_set1_epi8('-'));

	return (unsigned)_mm_movemask_epi8(_mm_andnot_si128(dash, odd));
}

/* Lanes that are controls (but HTAB) or DEL. */
static inline unsigned scan_controls(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)p);
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
	__m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
	__m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));

	return (unsigned)_mm_movemask_epi8(
	    _mm_or_si128(_mm_andnot_si128(tab, low), del));
}

/* Lanes that are not VCHAR. */
static inline unsigned scan_invisible(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)p);

	return (unsigned)_mm_movemask_epi8(scan_outside(v, '!', '~'));
}

/* Blocks of [P, END) until LANES finds something: then THEN at P. */
#define SCAN_BLOCKS(p, end, lanes, then)                                       \
	for (; (end) - (p) >= 16; (p) += 16) {                                 \
		unsigned found = lanes(p);                                     \
                                                                               \
		if (found != 0) {                                              \
			(p) += __builtin_ctz(found);                           \
			then;                                                  \
		}                                                              \
	}
#else
#define SCAN_BLOCKS(p, end, lanes, then)
#endif

/* scan_value, when most of it is still to come. */
const char *scan_value_on(const char *p, const char *end);

/* The first byte of [P, END) that is not a tchar, or END. */
static inline const char *scan_token(const char *p, const char *end)
{
	SCAN_BLOCKS(p, end, scan_unusual_in_name, break)
	return scan_past(p, end, SCAN_TOKEN);
}

/* The first byte of [P, END) that a field value may not hold, or END. */
static inline const char *scan_value(const char *p, const char *end)
{
	const char *near = end - p > SCAN_NEAR ? p + SCAN_NEAR : end;

	SCAN_BLOCKS(p, near, scan_controls, return p)
	if (near < end)
		return scan_value_on(p, end);
	return scan_past(p, end, SCAN_VALUE);
}

/* The first byte of [P, END) that is not visible ASCII, or END. */
static inline const char *scan_visible(const char *p, const char *end)
{
	SCAN_BLOCKS(p, end, scan_invisible, return p)
	return scan_past(p, end, SCAN_VISIBLE);
}

#undef SCAN_BLOCKS
#endif
