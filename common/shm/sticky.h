/*
 * sticky.h - the stick table: which server the clients of a key stay with.
 *
 * Keys are hashes of 128 bits under a key that only this daemon knows, so
 * nobody can aim at a place of the table; an entry says a server by its id,
 * which is never 0.  The table is a cache like all that is shared: an entry
 * may be gone at any time, and then its client is balanced anew.  When the
 * lock of a shard is not to be had, the shard is as good as empty.
 */
#ifndef COMMON_SHM_STICKY_H
#define COMMON_SHM_STICKY_H

#include "common/base/hash.h"
#include "common/shm/area.h"
#include "common/shm/lock.h"

#define STICKY_SHARDS 64
#define STICKY_WAYS 8

/* An area of about SIZE bytes, 64 KiB or more. */
struct area_shape sticky_shape(uint64_t size);

/* By the maker of a new area, once. */
void sticky_create(void *table, uint64_t size);

/* This is the table of this process from now on. */
void sticky_enter(void *table, uint64_t size);

/*
 * The server of KEY, or 0.  What is found lives for TTL from NOW (CLOCK_-
 * MONOTONIC) on, and becomes the most recently used of its set.
 */
uint64_t sticky_find(struct hash_id key, usec_t now, usec_t ttl);

/*
 * KEY has SERVER from now on, if it has SEEN, what sticky_find said of it, or
 * nothing by now; else somebody was faster, and that holds.  STICKY_ANY: in any
 * case.  Of a full set what has expired goes, or else the least recently used,
 * which is counted as sticky_evicted.
 */
#define STICKY_ANY UINT64_MAX
void sticky_put(struct hash_id key, uint64_t seen, uint64_t server, usec_t now,
    usec_t ttl);

#endif
