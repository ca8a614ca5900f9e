/*
 * cache_chain.h - blocks of a body that is being fetched.
 *
 * Without the lock, which is taken here as often as it takes, unless it says so.
 */
#ifndef COMMON_SHM_CACHE_CHAIN_H
#define COMMON_SHM_CACHE_CHAIN_H

#include "common/shm/cache_area.h"

/* How much of the body there is room for. */
uint64_t cache_chain_room(const struct cache_view *v,
    const struct cache_entry *e);

/* With the lock: one more block, for N bytes if there is such a run.  1; 0: not
 * now, after so many TRIES before; -1: never. */
int cache_chain_add(struct cache_view *v, struct cache_entry *e, uint64_t n,
    unsigned tries);

/* Blocks for N bytes in all.  False: there is no room; some may be there. */
bool cache_chain_reserve(struct cache_object *o, uint64_t n);

#endif
