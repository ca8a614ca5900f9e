/*
 * hash.c - SipHash-2-4 (Aumasson and Bernstein, 2012), and what is made of it.
 *
 * Runs anywhere.  The rank of a weighted rendezvous is weight / -log2(u), where
 * u is the hash taken for a number between 0 and 1: the candidate whose clock
 * of that speed rings first.  The logarithm is found bit by bit, by squaring.
 */
#include "common/base/hash.h"

#include <endian.h>

#include "common/base/insist.h"

static inline uint64_t rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void sip_rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static inline void sip_word(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_rounds(v, 2);
	v[0] ^= m;
}

static inline void sip_begin(uint64_t v[4], const struct hash_key *key)
{
	v[0] = key->k[0] ^ UINT64_C(0x736f6d6570736575);
	v[1] = key->k[1] ^ UINT64_C(0x646f72616e646f6d);
	v[2] = key->k[0] ^ UINT64_C(0x6c7967656e657261);
	v[3] = key->k[1] ^ UINT64_C(0x7465646279746573);
}

static inline void sip_all(uint64_t v[4], const unsigned char *at, size_t n)
{
	size_t whole = n / 8;
	uint64_t last = (uint64_t)n << 56;

	for (size_t i = 0; i < whole; i++, at += 8) {
		uint64_t m;

		memcpy(&m, at, 8);
		sip_word(v, le64toh(m));
	}
	for (size_t i = 0; i < n % 8; i++)
		last |= (uint64_t)at[i] << (8 * i);
	sip_word(v, last);
}

uint64_t hash_bytes(const struct hash_key *key, const void *p, size_t n)
{
	uint64_t v[4];

	sip_begin(v, key);
	sip_all(v, p, n);
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct hash_id hash_long(const struct hash_key *key, const void *p, size_t n)
{
	struct hash_id id;
	uint64_t v[4];

	sip_begin(v, key);
	v[1] ^= 0xee;
	sip_all(v, p, n);
	v[2] ^= 0xee;
	sip_rounds(v, 4);
	id.word[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	sip_rounds(v, 4);
	id.word[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
	return id;
}

struct hash_id hash_id_add(struct hash_id id, struct str part)
{
	struct hash_key first = {{id.word[0], 1}};
	struct hash_key second = {{id.word[1], 2}};

	return (struct hash_id){{hash_bytes(&first, part.p, part.n),
	    hash_bytes(&second, part.p, part.n)}};
}

#define LOG_BITS 16

/* -log2(H / 2^64) in units of 2^-LOG_BITS; H > 0.  The integer part is the
 * number of zeros before its first bit; what is behind that bit is squared: each
 * time it reaches 2 the logarithm has one more bit.  (Without a branch, which
 * would be guessed wrong every other time.) */
static uint64_t minus_log2(uint64_t h)
{
	unsigned zeros = (unsigned)__builtin_clzll(h);
	uint64_t m = h << zeros >> 32; /* 1 to 2, in units of 2^-31 */
	uint64_t log = 0;

	for (int i = 0; i < LOG_BITS; i++) {
		uint64_t bit;

		m = m * m >> 31;
		bit = m >> 32;
		m >>= bit;
		log = log << 1 | bit;
	}
	return ((uint64_t)(zeros + 1) << LOG_BITS) - log;
}

/* Each bit of X changes half of those of the result (the finaliser of
 * MurmurHash3): enough where both sides are hashes already. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
	x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

uint64_t hash_rank(uint64_t key, uint64_t id, uint32_t weight)
{
	uint64_t h = mix(key ^ mix(id));
	uint64_t log = h > 0 ? minus_log2(h) : (uint64_t)64 << LOG_BITS;

	if (weight == 0)
		return 0;
	return ((uint64_t)weight << 31) / (log > 0 ? log : 1);
}
