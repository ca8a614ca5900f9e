/*
 * random.c - numbers that nobody can guess, without a system call each.
 *
 * ChaCha with 8 rounds, which nobody has come near to breaking, over a key and
 * nonce from the kernel: 64 bytes a block, handed out from its start.  What was
 * handed out is wiped, so that memory read later does not tell past names.
 *
 *	state  0..3 constants | 4..11 key | 12 13 counter | 14 15 nonce
 */
#include "common/base/random.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/insist.h"

#define WORDS 8 /* of 64 bits, a block */
#define DOUBLE_ROUNDS 4

/* Four lanes: a row of the state. */
typedef uint32_t row __attribute__((vector_size(16)));

static row state[4];
static union {
	row rows[4];
	uint64_t words[WORDS];
} block;
static unsigned used = WORDS;
static bool seeded;

static const row constants = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

int random_init(void)
{
	uint8_t seed[48];
	ssize_t got;

	do
		got = getrandom(seed, sizeof(seed), 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	INSIST(got == sizeof(seed));
	state[0] = constants;
	memcpy(&state[1], seed, sizeof(seed));
	state[3][0] = state[3][1] = 0;
	explicit_bzero(seed, sizeof(seed));
	used = WORDS;
	seeded = true;
	return 0;
}

static inline row rotated(row r, unsigned bits)
{
	return r << bits | r >> (32 - bits);
}

#define TURNED(r, lanes)                                                       \
	__builtin_shufflevector((r), (r), (lanes), (lanes) + 1, (lanes) + 2,   \
	    (lanes) + 3)

/* Four quarter rounds next to each other. */
static inline void quarter_rounds(row *a, row *b, row *c, row *d)
{
	*a += *b, *d = rotated(*d ^ *a, 16);
	*c += *d, *b = rotated(*b ^ *c, 12);
	*a += *b, *d = rotated(*d ^ *a, 8);
	*c += *d, *b = rotated(*b ^ *c, 7);
}

/* Columns, then diagonals. */
static void next_block(void)
{
	row a = state[0], b = state[1], c = state[2], d = state[3];

	for (int i = 0; i < DOUBLE_ROUNDS; i++) {
		quarter_rounds(&a, &b, &c, &d);
		b = TURNED(b, 1), c = TURNED(c, 2), d = TURNED(d, 3);
		quarter_rounds(&a, &b, &c, &d);
		b = TURNED(b, 3), c = TURNED(c, 2), d = TURNED(d, 1);
	}
	block.rows[0] = a + state[0];
	block.rows[1] = b + state[1];
	block.rows[2] = c + state[2];
	block.rows[3] = d + state[3];
	if (++state[3][0] == 0)
		state[3][1]++;
	used = 0;
}

uint64_t random_u64(void)
{
	uint64_t word;

	INSIST(seeded);
	if (used == WORDS)
		next_block();
	word = block.words[used];
	block.words[used++] = 0;
	return word;
}

void random_fill(void *p, size_t n)
{
	char *to = p;

	while (n > 0) {
		uint64_t word = random_u64();
		size_t some = n < sizeof(word) ? n : sizeof(word);

		memcpy(to, &word, some);
		to += some;
		n -= some;
	}
}

/* Each half byte of VALUE as a digit, all eight at once. */
static uint64_t digits_of(uint32_t value)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t x = value;
	uint64_t letters;

	x = (x | x << 16) & 0x0000ffff0000ffff;
	x = (x | x << 8) & 0x00ff00ff00ff00ff;
	x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
	letters = (x + 6 * ones) >> 4 & ones;
	return x + '0' * ones + letters * ('a' - '0' - 10);
}

void random_hex(char *p, size_t n)
{
	INSIST(n % 16 == 0);
	for (; n > 0; n -= 16, p += 16) {
		uint64_t word = random_u64();
		uint64_t digits[2] = {digits_of((uint32_t)word),
		    digits_of((uint32_t)(word >> 32))};

		memcpy(p, digits, sizeof(digits));
	}
}
