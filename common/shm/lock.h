/*
 * lock.h - robust locks over the shards of an area.
 *
 * Every shared table but the seats is cut into shards, each with a lock of
 * its own, and every such table is a cache that may be emptied at any time.
 * That makes recovery simple: when a process dies inside a critical section,
 * the next locker gets EOWNERDEAD, and *this module* resets that shard by the
 * table's own function, counts it (in the shard and as lock_resets in the
 * seat) and marks the mutex consistent.  No caller can forget, because no
 * caller is asked.
 *
 * A holder that is stopped (SIGSTOP, a debugger, a page that does not come)
 * never dies.  Waiting ends after LOCK_PATIENCE with LOCK_BUSY, and for the
 * next LOCK_SHUN this process only tries that shard: a stopped holder costs
 * each worker at most 50 ms a second.  On LOCK_BUSY, counted as lock_busy, the
 * caller behaves as if the area were empty.
 *
 * Critical sections are a screen at most: no allocation, no logging, no
 * callback, no wait.  The fiber library asserts lock_held() == 0 before it
 * parks.  A process holds at most one shard lock at a time.
 */
#ifndef COMMON_SHM_LOCK_H
#define COMMON_SHM_LOCK_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"

#define LOCK_PATIENCE (50 * USEC_PER_MSEC)
#define LOCK_SHUN (1 * USEC_PER_SEC)

/* In the segment, first in each shard. */
struct shard_lock {
	pthread_mutex_t mutex;
	uint64_t resets;     /* times this shard was emptied by recovery */
	uint64_t generation; /* changes with every reset */
};

enum lock_result { LOCK_OK, LOCK_BUSY };

/* A table of equal shards; lives in each process, filled in once. */
struct lock_table {
	const char *name;
	char *shards;	   /* first shard; each begins with a shard_lock */
	size_t shard_size; /* bytes from one shard to the next */
	unsigned count;
	/*
	 * Makes a shard empty and valid, whatever is in it now; runs with the
	 * lock held and touches only the shard's own bytes behind its lock.
	 * It may be killed midway: then it runs again, in another process.
	 */
	void (*reset)(void *shard, const void *arg);
	const void *arg;
	usec_t *shunned_until; /* COUNT times, private to this process */
};

/*
 * Initialises the mutexes of a new area's shards and resets each; once, by
 * the maker, before the first fork.  The lock_table itself is filled by the
 * caller (SHUNNED_UNTIL: COUNT zeroes).
 */
void lock_table_create(const struct lock_table *t);

/* Locks shard I.  On LOCK_OK *shard_r is the shard, and lock_leave is due. */
enum lock_result lock_enter(struct lock_table *t, unsigned i, void **shard_r)
    __attribute__((warn_unused_result));

void lock_leave(struct lock_table *t, unsigned i);

/* How many shard locks this process holds now: 0 or 1. */
unsigned lock_held(void);

#endif
