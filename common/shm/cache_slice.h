/*
 * cache_slice.h - the next entries of the store, under one lock: for the
 * store's own files.
 */
#ifndef COMMON_SHM_CACHE_SLICE_H
#define COMMON_SHM_CACHE_SLICE_H

#include "common/shm/cache_entry.h"
#include "common/shm/cache_walk.h"

/* What is done with the entry E, which may leave the index by that.  False: not
 * now; it comes again in the next slice, first. */
typedef bool cache_visit_fn(
    void *arg, struct cache_view *v, struct cache_entry *e, uint32_t at);

/*
 * Visits the next entries, of whatever match.  BEGIN, or NULL, is called for
 * each shard before the first of its entries, in the same critical section.
 */
enum cache_step cache_slice(struct cache_walk *w, cache_visit_fn *visit,
    void (*begin)(void *arg, struct cache_view *v), void *arg);

#endif
