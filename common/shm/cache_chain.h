/*
 * cache_chain.h - blocks of a body that is being fetched.
 *
 * Without the lock, which is taken here as often as it takes.
 */
#ifndef COMMON_SHM_CACHE_CHAIN_H
#define COMMON_SHM_CACHE_CHAIN_H

#include "common/shm/cache_area.h"

/* Blocks for N bytes in all.  False: there is no room; some may be there. */
bool cache_chain_reserve(struct cache_object *o, uint64_t n);

#endif
