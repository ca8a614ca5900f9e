/*
 * cache_reset.h - a shard whose last holder died inside.
 */
#ifndef COMMON_SHM_CACHE_RESET_H
#define COMMON_SHM_CACHE_RESET_H

#include "common/shm/cache_area.h"

/* Empties the index; what somebody has pinned stays where it is.  May be killed
 * midway, then it begins anew. */
void cache_reset(struct cache_view *v);

/* Of a shard that was never written to. */
void cache_reset_new(struct cache_view *v);

#endif
