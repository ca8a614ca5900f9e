/*
 * cache_purge.h - objects that somebody wants gone, or asked for anew.
 *
 * In slices, as cache_walk.h.  What is purged cannot be found any more; who is
 * reading it goes on.  A soft purge only makes it stale: it is revalidated
 * before it is used again, or served stale where that is allowed.
 *
 * What is being fetched may be older than the purge.  So a fetch for what was
 * meant is not stored, and whoever waits for it asks again; by tag every fetch
 * that has no head yet, since its tags are not known.
 */
#ifndef COMMON_SHM_CACHE_PURGE_H
#define COMMON_SHM_CACHE_PURGE_H

#include "common/shm/cache_t.h"
#include "common/shm/cache_walk.h"

struct cache_purge {
	uint64_t objects; /* purged so far, each variant one */
	uint64_t fetches; /* that are not stored */
	bool soft;
	usec_t now;
	struct cache_walk walk; /* MISSED: what was there is there still */
};

/* Of what is in MATCH, whose text stays the caller's. */
void cache_purge_begin(
    struct cache_purge *p, const struct cache_match *match, bool soft);

/* Purges a slice; DONE is said once nothing is left.  With CACHE_SCOPE_KEY the
 * first step is all. */
enum cache_step cache_purge_step(struct cache_purge *p);

#endif
