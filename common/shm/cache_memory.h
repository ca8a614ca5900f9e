/*
 * cache_memory.h - units of a shard for what is to be stored, whatever has to
 * give way for it.
 *
 * Under the lock of the shard; a bounded number of entries is dropped at a time.
 * Who gets nothing unlocks and tries again, CACHE_TRIES times at most.
 */
#ifndef COMMON_SHM_CACHE_MEMORY_H
#define COMMON_SHM_CACHE_MEMORY_H

#include "common/shm/cache_area.h"

#define CACHE_TRIES 64

/* N units in one run; CACHE_NONE: not now. */
uint32_t cache_take_run(struct cache_view *v, uint32_t n);

/* Up to N units in one run, and LEAST at least: how many.  0: not now. */
uint32_t cache_take_some(struct cache_view *v, uint32_t n, uint32_t least,
    uint32_t *at_r);

/* The owner of E, which is being fetched, has to do with its share: others of
 * its own give way for N units more.  What is larger than the share has it
 * alone. */
void cache_keep_share(struct cache_view *v, const struct cache_entry *e,
    uint64_t n);

/* May fetches hold N units more? */
bool cache_may_grow(const struct cache_view *v, uint64_t n);

#endif
