/*
 * sessions.h - TLS sessions that all workers know: of clients without tickets.
 *
 * A session is some bytes under a key of 128 bits, kept for a time.  The table
 * is a cache like all that is shared: what is in it may be gone at any time,
 * and then its client makes a full handshake.  When the lock of a shard is not
 * to be had, the shard is as good as empty.
 *
 * What has no bytes is found again too: a mark, of which sessions_take says
 * once, and to one worker only, that it is there.
 */
#ifndef COMMON_SHM_SESSIONS_H
#define COMMON_SHM_SESSIONS_H

#include "common/base/hash.h"
#include "common/shm/area.h"
#include "common/shm/lock.h"

#define SESSIONS_SHARDS 16
#define SESSIONS_LARGEST 4064 /* bytes of a session */
#define SESSIONS_NONE (-1)

/* An area of about SIZE bytes, 1 MiB or more. */
struct area_shape sessions_shape(uint64_t size);

/* By the maker of a new area, once. */
void sessions_create(void *table, uint64_t size);

/* This is the table of this process from now on. */
void sessions_enter(void *table, uint64_t size);

/*
 * KEY has VALUE until NOW + TTL (CLOCK_MONOTONIC).  What is larger than
 * SESSIONS_LARGEST is not kept, and counted as sessions_large; what falls out
 * for want of room is what nobody asked for the longest, and is counted as
 * sessions_evicted.
 */
void sessions_put(struct hash_id key, struct str value, usec_t now, usec_t ttl);

/* The value of KEY copied to VALUE_R, which has room for SESSIONS_LARGEST
 * bytes: how long it is, or SESSIONS_NONE. */
int sessions_find(struct hash_id key, usec_t now, void *value_r);

/* The same, and the table has it no more: of all who take it one gets it. */
int sessions_take(struct hash_id key, usec_t now, void *value_r);

/* Forgets it. */
void sessions_remove(struct hash_id key);

#endif
