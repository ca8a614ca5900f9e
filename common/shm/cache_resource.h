/*
 * cache_resource.h - what fetches and readers share: parts of a body, entries of
 * one resource, the beginning of a fetch.
 */
#ifndef COMMON_SHM_CACHE_RESOURCE_H
#define COMMON_SHM_CACHE_RESOURCE_H

#include "common/shm/cache_entry.h"

/* Where a sequential reader is. */
struct cache_place {
	uint32_t block; /* CACHE_NONE: at the beginning */
	uint64_t start; /* of it */
};

/* Bytes of the body from AT on, contiguous, up to SIZE of the whole; a pin is
 * enough.  N is 0 if the chain is not sound. */
struct str cache_part(const struct cache_view *v, struct cache_entry *e,
    uint64_t at, uint64_t size, struct cache_place *place);

/* The entry that O has pinned.  Without the lock. */
struct cache_entry *cache_entry_of(const struct cache_object *o);

/* A new entry with a growth, in no index, pinned by O_R.  False: no room now. */
bool cache_start(struct cache_view *v, const struct cache_texts *t,
    uint64_t inline_n, enum cache_state state, struct cache_object *o_r);

/* Whom the growth of E is to wake, who is then forgotten.  By who fetches,
 * without the lock. */
struct wake_set cache_take_wakes(const struct cache_view *v,
    const struct cache_entry *e);

/* E is in the index, the newest of its resource, in place of what it is for. */
void cache_show(struct cache_view *v, struct cache_entry *e, uint32_t at);

/* The fetch of O is over, with its entry E in STATE, and O released; whom to
 * wake after unlocking. */
struct wake_set cache_end(struct cache_view *v, struct cache_object *o,
    struct cache_entry *e, enum cache_state state);

/* The same when the lock is not to be had: what it ends as nobody will see. */
void cache_end_busy(struct cache_object *o);

/* Gives back the pin of O, at once if the lock is to be had. */
void cache_unpin_now(struct cache_object *o);

#endif
