/*
 * cache_blocks.h - which units of a shard of the cache are free.
 *
 * The memory of a shard is counted in units of equal size.  Here is only the
 * book about them, which lies beside the memory, in the segment; what a unit
 * holds is never looked at.  Units are called by number, so every process may
 * have the segment at another address.
 *
 * Exact: as many units are taken as were asked for, in one run if there is
 * such a run, and what is given back coalesces by itself.  Nothing here waits,
 * allocates or loops for longer than the range and the depth of a tree; the
 * caller holds the lock of the shard.  Whatever a process that went mad has
 * written into the book, nothing outside of it is touched.
 */
#ifndef COMMON_SHM_CACHE_BLOCKS_H
#define COMMON_SHM_CACHE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_UNITS_MAX ((uint32_t)1 << 30)

/*
 * The shortest run worth taking for something of ALL units that still lacks
 * LEFT.  Who takes whatever there is tears what is large to pieces: 1 MiB into
 * hundreds after a day of small things.  Who evicts until a run of this length
 * has come to be gets two dozen at most, mostly a few, and 3 to 13 % of the
 * memory lie idle: measured by tests/unit/test_cache_fragments.c.  Who has
 * evicted a lot in vain, in so many TRIES, has to do with less: all of the
 * cache is not worth one object.
 */
#define CACHE_PIECE_LEAST ((uint32_t)64)
#define CACHE_PIECE_MOST ((uint32_t)1024)

static inline uint32_t cache_piece(uint32_t all, uint32_t left, unsigned tries)
{
	uint32_t n = all / 16 < CACHE_PIECE_MOST ? all / 16 : CACHE_PIECE_MOST;

	n >>= tries / 8 < 31 ? tries / 8 : 31;
	if (n < CACHE_PIECE_LEAST)
		n = CACHE_PIECE_LEAST;
	return left < n ? left : n;
}

/* A process's view of a book; its numbers are of this process, and trusted. */
struct cache_blocks {
	uint32_t units, leaves;
	struct cache_blocks_head *head;
	uint64_t *bits;
	struct cache_blocks_runs *runs;
};

/* What a book of UNITS (1 to CACHE_UNITS_MAX) takes: a multiple of 8. */
size_t cache_blocks_size(uint32_t units);

/* The book of UNITS units at P, aligned to 8.  Reads nothing. */
struct cache_blocks cache_blocks_view(void *p, uint32_t units);

/*
 * All units are free, whatever the book said: its first state, and the first
 * step of a reset.  The next ones tell with cache_blocks_keep what is in use;
 * ranges may overlap and be told twice.  A reset that was killed midway is
 * begun anew.  False: there are no such units; nothing was done.
 */
void cache_blocks_clear(const struct cache_blocks *b);
bool cache_blocks_keep(const struct cache_blocks *b, uint32_t at, uint32_t n);

/*
 * Takes WANT units in a row, or the longest run there is if none is as long;
 * how many, and where.  0: nothing is free.
 */
uint32_t cache_blocks_take(
    const struct cache_blocks *b, uint32_t want, uint32_t *at_r);

/*
 * Gives back the N units from AT on: all of a run that was taken, or a part of
 * it.  False: they were not all in use, which is a bug or a broken segment;
 * nothing was done.
 */
bool cache_blocks_give(const struct cache_blocks *b, uint32_t at, uint32_t n);

/* How many are free, and the length of the longest run of them. */
uint32_t cache_blocks_free(const struct cache_blocks *b);
uint32_t cache_blocks_longest(const struct cache_blocks *b);

/* Does everything in the book agree?  Slow: for tests. */
bool cache_blocks_check(const struct cache_blocks *b);

#endif
