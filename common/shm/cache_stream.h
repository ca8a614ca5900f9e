/*
 * cache_stream.h - a file of blocks, each with a sum: what is read back is
 * what was written, in its order, or nothing.
 *
 *	head | block 0 | block 1 | ...
 *
 *	head    struct cache_file_head, padded to CACHE_BLOCK_SIZE
 *	block   sum of the rest and of its number | bytes
 *
 * The head is written last, after everything else is on the disk: it is the
 * seal.  Sums are keyed by a secret in the head, so what another file left on
 * the disk is not taken for a block of this one.
 *
 * Runs in the master, which has one such file at a time.  Waits for the disk.
 */
#ifndef COMMON_SHM_CACHE_STREAM_H
#define COMMON_SHM_CACHE_STREAM_H

#include "common/base/clock.h"
#include "common/base/hash.h"

#define CACHE_BLOCK_SIZE 65536

struct cache_file_head {
	char magic[16];
	uint64_t build;	 /* of the program that wrote it */
	uint64_t layout; /* of what is in the blocks */
	uint64_t blocks;
	uint64_t objects;
	usec_t saved; /* by the wall clock */
	struct hash_key secret;
	uint64_t sum; /* of all before */
};

struct cache_stream {
	int fd;
	uint64_t block; /* the next one */
	struct hash_key secret;
	size_t at, n; /* in BYTES */
	int error;    /* 0 or -errno; then nothing more is read or written */
	uint64_t block_sum;
	char bytes[CACHE_BLOCK_SIZE - sizeof(uint64_t)];
};

/* ---- writing ---- */

/* Begins at the first block.  0 or -errno. */
int cache_stream_create(struct cache_stream *s, int fd);

/* Errors are kept in S, and told by cache_stream_seal. */
void cache_stream_put(struct cache_stream *s, const void *p, size_t n);

/* All is on the disk and sealed, with the rest of the head as in HEAD (BUILD,
 * LAYOUT, OBJECTS, SAVED).  0 or -errno. */
int cache_stream_seal(struct cache_stream *s, struct cache_file_head *head);

/* ---- reading ---- */

/* Does FD begin as such a file does, whatever is wrong behind? */
bool cache_stream_is_one(int fd);

/* NULL: *HEAD_R is the head of an intact seal, and the first block is next.  Or
 * what is wrong. */
const char *cache_stream_open(
    struct cache_stream *s, int fd, struct cache_file_head *head_r);

/* The next N bytes, to P unless that is NULL.  False: there are none, or they
 * are not what was written. */
bool cache_stream_get(struct cache_stream *s, void *p, size_t n);

#endif
