/*
 * cache_blocks.c - free units: a bit for each, and a tree of runs over them.
 *
 * Runs in workers, under the lock of a shard, and in the master before any
 * worker lives.
 *
 *                  1                 a node: the free units at its left edge,
 *             /         \            at its right edge, the longest run in it
 *          2               3
 *        /   \           /   \       node i has the children 2i and 2i + 1
 *       4     5         6     7      leaves: one for each word of bits, and
 *       |     |         |     |      empty ones up to a power of two
 *     0..63 64..127  128..191 ...    bits: 1 is free
 *
 *   book   | head: how many are free | bits | nodes |
 *
 * A run may lie across any number of nodes; the way down to the leftmost one
 * that is long enough goes left if the left child has one, stops if the two
 * edges in the middle make one, and goes right else.  There are no lists, so
 * nothing can be linked wrongly, and no classes of sizes: two ranges that touch
 * are one run without anybody's doing.
 *
 * Small runs are taken at the low end and large ones at the high end.  Each
 * kind then falls into the gaps of its own kind, which are of the right size;
 * what is mixed ends as gaps between small things that nothing large fits into.
 *
 * Invariants: a node says what the bits below it say; the head says how many
 * bits there are.  cache_blocks_check looks.
 */
#include "common/shm/cache_blocks.h"

#include <string.h>

#include "common/base/insist.h"

/* Units from which on a run is taken at the high end. */
#define LARGE 128

#define WORD 64u
#define FULL UINT64_MAX

struct cache_blocks_head {
	uint32_t free, reserved;
};

struct cache_blocks_runs {
	uint32_t first, last, most;
};

typedef struct cache_blocks_runs runs;

static uint32_t words_of(uint32_t units)
{
	return (units + WORD - 1) / WORD;
}

static uint32_t leaves_of(uint32_t units)
{
	uint32_t n = 1;

	while (n < words_of(units))
		n *= 2;
	return n;
}

size_t cache_blocks_size(uint32_t units)
{
	INSIST(units > 0 && units <= CACHE_UNITS_MAX);
	return sizeof(struct cache_blocks_head) +
	       words_of(units) * sizeof(uint64_t) +
	       2 * (size_t)leaves_of(units) * sizeof(runs);
}

struct cache_blocks cache_blocks_view(void *p, uint32_t units)
{
	struct cache_blocks_head *head = p;
	uint64_t *bits = (uint64_t *)(head + 1);

	return (struct cache_blocks){.units = units,
	    .leaves = leaves_of(units),
	    .head = head,
	    .bits = bits,
	    .runs = (runs *)(bits + words_of(units))};
}

/* ---- a word ---- */

/* The bits of WORD number W that are of the range [AT, END). */
static uint64_t mask_of(uint32_t w, uint32_t at, uint32_t end)
{
	uint32_t low = at > w * WORD ? at - w * WORD : 0;
	uint32_t high = end - w * WORD < WORD ? end - w * WORD : WORD;

	return FULL >> (WORD - (high - low)) << low;
}

/* Where runs of N (1 to 64) begin in WORD. */
static uint64_t begins_of(uint64_t word, uint32_t n)
{
	uint32_t has = 1;

	while (has * 2 <= n) {
		word &= word >> has;
		has *= 2;
	}
	return has < n ? word & word >> (n - has) : word;
}

/* The longest run in WORD: where runs of 1, 2, 4... begin, then what of these
 * lengths, the longest first, lies one behind the other. */
static uint32_t longest_in(uint64_t word)
{
	uint64_t begins[6], here = FULL;
	uint32_t n = 0;

	begins[0] = word;
	for (unsigned i = 1; i < 6; i++)
		begins[i] = begins[i - 1] & begins[i - 1] >> (1u << (i - 1));
	for (unsigned i = 6; i-- > 0;) {
		uint64_t next = here & begins[i] >> n;

		if (next != 0) {
			here = next;
			n += 1u << i;
		}
	}
	return n;
}

static runs runs_of_word(uint64_t word)
{
	if (word == FULL || word == 0) {
		uint32_t n = word == 0 ? 0 : WORD;

		return (runs){n, n, n};
	}
	return (runs){.first = (uint32_t)__builtin_ctzll(~word),
	    .last = (uint32_t)__builtin_clzll(~word),
	    .most = longest_in(word)};
}

/* ---- the tree ---- */

/* LEFT and RIGHT, of LENGTH units each, side by side. */
static runs join(const runs *left, const runs *right, uint32_t length)
{
	uint32_t middle = left->last + right->first;
	runs r = {left->first, right->last, left->most};

	if (left->first == length)
		r.first += right->first;
	if (right->last == length)
		r.last += left->last;
	if (r.most < right->most)
		r.most = right->most;
	if (r.most < middle)
		r.most = middle;
	return r;
}

/* The words FROM to TO have changed: their leaves, and all nodes above. */
static void climb(const struct cache_blocks *b, uint32_t from, uint32_t to)
{
	uint32_t length = WORD;

	for (uint32_t w = from; w <= to; w++)
		b->runs[b->leaves + w] = runs_of_word(b->bits[w]);
	for (from = (from + b->leaves) / 2, to = (to + b->leaves) / 2; from > 0;
	     from /= 2, to /= 2) {
		for (uint32_t i = from; i <= to; i++)
			b->runs[i] =
			    join(&b->runs[2 * i], &b->runs[2 * i + 1], length);
		length *= 2;
	}
}

static bool is_range(const struct cache_blocks *b, uint32_t at, uint32_t n)
{
	return n > 0 && at < b->units && n <= b->units - at;
}

/* How many of the N units from AT on are free. */
static uint32_t count_free(
    const struct cache_blocks *b, uint32_t at, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t w = at / WORD; w <= (at + n - 1) / WORD; w++)
		sum += (uint32_t)__builtin_popcountll(
		    b->bits[w] & mask_of(w, at, at + n));
	return sum;
}

static void set_range(
    const struct cache_blocks *b, uint32_t at, uint32_t n, bool is_free)
{
	uint32_t from = at / WORD, to = (at + n - 1) / WORD;

	for (uint32_t w = from; w <= to; w++) {
		uint64_t mask = mask_of(w, at, at + n);

		b->bits[w] = is_free ? b->bits[w] | mask : b->bits[w] & ~mask;
	}
	climb(b, from, to);
}

/* ---- looking ---- */

/* Where the leftmost, or rightmost, run of N in WORD begins; it has one. */
static uint32_t place_in(uint64_t word, uint32_t n, bool high)
{
	uint64_t begins = n <= WORD ? begins_of(word, n) : 0;

	if (begins == 0) /* the book lies, which its bits will tell */
		return 0;
	return high ? 63 - (uint32_t)__builtin_clzll(begins)
		    : (uint32_t)__builtin_ctzll(begins);
}

/*
 * Where N units lie in the lowest run that has so many, or with HIGH at the end
 * of the highest one.  The tree has such a run.
 */
static uint32_t place_of(const struct cache_blocks *b, uint32_t n, bool high)
{
	uint32_t i = 1, at = 0, length = b->leaves * WORD;

	while (i < b->leaves) {
		const runs *left = &b->runs[2 * i], *right = left + 1;

		length /= 2;
		if (!high && left->most >= n) {
			i = 2 * i;
		} else if (high && right->most >= n) {
			i = 2 * i + 1;
			at += length;
		} else if (left->last + right->first >= n) {
			return high ? at + length + right->first - n
				    : at + length - left->last;
		} else {
			i = 2 * i + !high;
			at += high ? 0 : length;
		}
	}
	return i - b->leaves < words_of(b->units)
		   ? at + place_in(b->bits[i - b->leaves], n, high)
		   : b->units;
}

/* ---- what is offered ---- */

void cache_blocks_clear(const struct cache_blocks *b)
{
	uint32_t words = words_of(b->units);

	b->head->free = b->units;
	for (uint32_t w = 0; w < words; w++)
		b->bits[w] = mask_of(w, 0, b->units);
	memset(b->runs, 0, 2 * (size_t)b->leaves * sizeof(runs));
	climb(b, 0, words - 1);
}

bool cache_blocks_keep(const struct cache_blocks *b, uint32_t at, uint32_t n)
{
	if (!is_range(b, at, n))
		return false;
	b->head->free -= count_free(b, at, n);
	set_range(b, at, n, false);
	return true;
}

uint32_t cache_blocks_take(
    const struct cache_blocks *b, uint32_t want, uint32_t *at_r)
{
	uint32_t n = b->runs[1].most < want ? b->runs[1].most : want, at;

	if (n == 0 || n > b->units)
		return 0;
	at = place_of(b, n, n >= LARGE);
	if (!is_range(b, at, n) || count_free(b, at, n) != n)
		return 0;
	b->head->free -= n;
	set_range(b, at, n, false);
	*at_r = at;
	return n;
}

bool cache_blocks_give(const struct cache_blocks *b, uint32_t at, uint32_t n)
{
	if (!is_range(b, at, n) || count_free(b, at, n) != 0)
		return false;
	b->head->free += n;
	set_range(b, at, n, true);
	return true;
}

uint32_t cache_blocks_free(const struct cache_blocks *b)
{
	return b->head->free;
}

uint32_t cache_blocks_longest(const struct cache_blocks *b)
{
	return b->runs[1].most;
}

static bool is_same(const runs *a, const runs *b)
{
	return a->first == b->first && a->last == b->last && a->most == b->most;
}

bool cache_blocks_check(const struct cache_blocks *b)
{
	uint32_t words = words_of(b->units), length = WORD;
	bool good = b->head->free == count_free(b, 0, b->units);

	good = good &&
	       (b->bits[words - 1] & ~mask_of(words - 1, 0, b->units)) == 0;
	for (uint32_t w = 0; w < b->leaves; w++) {
		runs r = runs_of_word(w < words ? b->bits[w] : 0);

		good = good && is_same(&r, &b->runs[b->leaves + w]);
	}
	for (uint32_t level = b->leaves / 2; level > 0; level /= 2) {
		for (uint32_t i = level; i < 2 * level; i++) {
			runs r =
			    join(&b->runs[2 * i], &b->runs[2 * i + 1], length);

			good = good && is_same(&r, &b->runs[i]);
		}
		length *= 2;
	}
	return good;
}
