/*
 * wait.h - waiting until something changes in the store of the cache.
 *
 * What changes there is told to other processes by the store's wake-ups, which
 * say that something has changed and not what; and to the fibers of this one
 * by wait_tell.  Both only mean: look again.
 */
#ifndef WORKER_CACHE_WAIT_H
#define WORKER_CACHE_WAIT_H

#include "common/base/hash.h"
#include "worker/fiber/fiber.h"

/* Once a process, behind wakeup_init. */
void wait_init(void);

/*
 * Waits for a change of the resource ID.  Before, the caller has asked the
 * store to be woken, and has looked once more.  IS_DUE (it gets ARG, in the
 * loop, and must not wait) says whether what a wake-up of another process may
 * have changed is worth looking at; NULL: always.  0, also when there is no
 * telling; -ETIMEDOUT, -ECANCELED.
 */
WAITS int wait_change(struct hash_id id, bool (*is_due)(void *arg), void *arg,
    usec_t deadline);

/* This process has changed something of the resource ID. */
void wait_tell(struct hash_id id);

/* This process has changed it knows not what (it gave back what a dead one
 * had). */
void wait_tell_all(void);

/* What a fetch of ID waits for that has no room: its readers. */
static inline struct hash_id wait_room(struct hash_id id)
{
	id.word[0] = ~id.word[0];
	return id;
}

#endif
