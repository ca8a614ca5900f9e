/*
 * scan_avx2.c - the loops of scan.c over long texts, 32 bytes at a time.
 *
 * Runs in workers, where the processor has AVX2; scan.c chooses once, before
 * main.  The functions say which instructions they are made of by themselves,
 * so that the rest of the house stays what every x86-64 can run.  None reads
 * outside of what it is given, and each stops where less than a block is left:
 * the rest is for scan.c, which is also who knows what it all means.
 */
#include "worker/http/scan.h"

#ifdef SCAN_SSE2

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

static inline AVX2 __m256i load(const char *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

/* Lanes that are controls (but HTAB) or DEL: scan_controls, twice as wide. */
static inline AVX2 uint32_t controls(const char *p)
{
	__m256i v = load(p);
	__m256i low = _mm256_cmpeq_epi8(
	    _mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);
	__m256i tab = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\t'));
	__m256i del = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f));

	return (uint32_t)_mm256_movemask_epi8(
	    _mm256_or_si256(_mm256_andnot_si256(tab, low), del));
}

AVX2 const char *scan_avx2_value(const char *p, const char *end)
{
	for (; end - p >= 32; p += 32) {
		uint32_t found = controls(p);

		if (found != 0)
			return p + __builtin_ctz(found);
	}
	return p;
}

AVX2 size_t scan_avx2_lines(const char *p, size_t n, size_t at)
{
	for (; n - at >= 32; at += 30) {
		uint32_t lf = (uint32_t)_mm256_movemask_epi8(
		    _mm256_cmpeq_epi8(load(p + at), _mm256_set1_epi8('\n')));
		uint32_t pair = lf & (lf >> 1 | lf >> 2);

		if (pair != 0)
			return at + (unsigned)__builtin_ctz(pair);
	}
	return at;
}

AVX2 size_t scan_avx2_count(const char *p, size_t blocks, char c)
{
	__m256i lanes = _mm256_setzero_si256();
	__m128i half;

	for (size_t i = 0; i < blocks; i++)
		lanes = _mm256_sub_epi8(lanes, _mm256_cmpeq_epi8(
		    load(p + 32 * i), _mm256_set1_epi8(c)));
	lanes = _mm256_sad_epu8(lanes, _mm256_setzero_si256());
	half = _mm_add_epi64(_mm256_castsi256_si128(lanes),
	    _mm256_extracti128_si256(lanes, 1));
	return (size_t)_mm_cvtsi128_si64(half) +
	    (size_t)_mm_extract_epi64(half, 1);
}

#endif
