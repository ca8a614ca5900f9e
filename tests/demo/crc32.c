/*
 * crc32.c - the checksum of gzip and zip (polynomial 0xedb88320, reflected).
 *
 * Eight bytes a step by eight tables, so that gigabytes pass in seconds:
 * table[k][b] is what byte B does to the remainder K bytes later.
 */
#include "tests/demo/crc32.h"

#include <pthread.h>

#define SLICES 8

static uint32_t table[SLICES][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t crc = b;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
		table[0][b] = crc;
	}
	for (int k = 1; k < SLICES; k++)
		for (int b = 0; b < 256; b++)
			table[k][b] = table[k - 1][b] >> 8 ^
			    table[0][table[k - 1][b] & 0xff];
}

/* Eight bytes as one little-endian word, wherever we run. */
static uint64_t load(const unsigned char *p)
{
	uint64_t word = 0;

	for (int i = 7; i >= 0; i--)
		word = word << 8 | p[i];
	return word;
}

uint32_t crc32_add(uint32_t crc, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	pthread_once(&once, fill);
	crc = ~crc;
	for (; n >= SLICES; n -= SLICES, p += SLICES) {
		uint64_t word = load(p) ^ crc;

		crc = 0;
		for (int k = 0; k < SLICES; k++)
			crc ^= table[SLICES - 1 - k][word >> 8 * k & 0xff];
	}
	for (; n > 0; n--, p++)
		crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xff];
	return ~crc;
}
