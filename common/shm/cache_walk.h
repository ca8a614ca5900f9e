/*
 * cache_walk.h - going through all that is in the store, a slice at a time.
 *
 * A slice is a few dozen entries or a few hundred empty buckets under one lock;
 * between two of them the caller lets others go on.  Nothing is pinned: what
 * comes or goes meanwhile is seen or not, what stays is seen once.
 */
#ifndef COMMON_SHM_CACHE_WALK_H
#define COMMON_SHM_CACHE_WALK_H

#include "common/shm/cache_match.h"
#include "common/shm/cache_t.h"

enum cache_step {
	CACHE_STEP_MORE,
	CACHE_STEP_LATER, /* a lock is not to be had: go on in 100 ms or so */
	CACHE_STEP_DONE
};

#define CACHE_LISTED_KEY 512
#define CACHE_LISTED_VARIANT 128

/* A copy of what is to be told of one entry. */
struct cache_listed {
	enum {
		CACHE_LISTED_FETCHING,
		CACHE_LISTED_GROWING,
		CACHE_LISTED_WHOLE,
		CACHE_LISTED_MARK,
		CACHE_LISTED_FAILED
	} state;
	uint16_t status;
	uint16_t reason; /* of a mark or failure */
	uint64_t size;	 /* of the body that is there */
	uint64_t memory; /* bytes it takes in all */
	uint64_t hits;
	usec_t age;
	usec_t ttl;   /* negative: stale for so long */
	size_t key_n; /* of all of the key, which may be more than is here */
	size_t variant_n;
	char key[CACHE_LISTED_KEY];
	char variant[CACHE_LISTED_VARIANT];
};

struct cache_walk {
	struct cache_match match;
	unsigned missed; /* shards that were left out: nobody got their lock */
	/* The store's own. */
	uint32_t shard, bucket, skip;
	unsigned tries;
	bool begun; /* with this shard */
};

/* Of what is in MATCH, whose text stays the caller's. */
void cache_walk_begin(struct cache_walk *w, const struct cache_match *match);

/* The next entries, MAX at most, to AT; *N_R: how many, perhaps none. */
enum cache_step cache_walk_step(
    struct cache_walk *w, struct cache_listed *at, unsigned max, unsigned *n_r);

static inline struct str cache_listed_key(const struct cache_listed *l)
{
	return str_make(
	    l->key, l->key_n < CACHE_LISTED_KEY ? l->key_n : CACHE_LISTED_KEY);
}

static inline struct str cache_listed_variant(const struct cache_listed *l)
{
	return str_make(l->variant, l->variant_n < CACHE_LISTED_VARIANT
					? l->variant_n
					: CACHE_LISTED_VARIANT);
}

#endif
