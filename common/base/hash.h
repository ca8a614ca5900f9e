/*
 * hash.h - SipHash-2-4, and what is made of it.
 *
 * One hash for everything: with a key that nobody knows it is a short
 * signature, and nobody can aim at a place of a table; with a fixed one it says
 * the same on every machine.
 */
#ifndef COMMON_BASE_HASH_H
#define COMMON_BASE_HASH_H

#include "common/base/str.h"

struct hash_key {
	uint64_t k[2];
};

uint64_t hash_bytes(const struct hash_key *key, const void *p, size_t n);

/* A name of fixed size for something that is called by several texts: no two
 * get the same one.  Begins as {0}; the same on every machine. */
struct hash_id {
	uint64_t word[2];
};

/* Both words of the long form: SipHash-2-4-128. */
struct hash_id hash_long(const struct hash_key *key, const void *p, size_t n);

/* ID, and PART behind what it was made of. */
struct hash_id hash_id_add(struct hash_id id, struct str part);

static inline bool hash_id_eq(struct hash_id a, struct hash_id b)
{
	return a.word[0] == b.word[0] && a.word[1] == b.word[1];
}

/*
 * Weighted rendezvous: of several candidates the one with the highest rank has
 * the KEY.  Each has a share of all keys as large as its WEIGHT is among all;
 * when one comes, goes or changes its weight no key moves but to it or from
 * it.  ID is the candidate's own, of any distribution.  Whole numbers only: the
 * same on every machine.  0 for WEIGHT 0.
 */
uint64_t hash_rank(uint64_t key, uint64_t id, uint32_t weight);

#endif
