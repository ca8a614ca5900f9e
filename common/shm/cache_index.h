/*
 * cache_index.h - which entries of a shard can be found, and which give way.
 *
 * Under the lock of the shard.
 */
#ifndef COMMON_SHM_CACHE_INDEX_H
#define COMMON_SHM_CACHE_INDEX_H

#include "common/shm/cache_entry.h"

/* The first with ID, and the next behind E; NULL: no more.  *AT_R is where;
 * *STEPS, 0 at first, ends what goes in circles. */
struct cache_entry *cache_index_first(const struct cache_view *v,
    struct hash_id id, uint32_t *at_r);
struct cache_entry *cache_index_next(const struct cache_view *v,
    const struct cache_entry *e, uint32_t *at_r, unsigned *steps);

/* The next of the bucket, whatever its id. */
struct cache_entry *cache_index_behind(const struct cache_view *v,
    const struct cache_entry *e, uint32_t *at_r, unsigned *steps);

void cache_index_add(struct cache_view *v, struct cache_entry *e, uint32_t at);

/* Harmless if it is in none.  It is not settled: see cache_entry.h. */
void cache_index_remove(struct cache_view *v, struct cache_entry *e,
    uint32_t at);

/* Out of the index, and freed if nobody has pinned it. */
void cache_index_drop(struct cache_view *v, struct cache_entry *e,
    uint32_t at);

/* Makes room by dropping the entry of OWNER that gives way first
 * (CACHE_OWNER_NONE: of anybody).  False: none does. */
bool cache_evict(struct cache_view *v, unsigned owner);

#endif
