/*
 * cache_window.h - a body that has outgrown what may be stored: what all have
 * read makes room for what comes.
 */
#ifndef COMMON_SHM_CACHE_WINDOW_H
#define COMMON_SHM_CACHE_WINDOW_H

#include "common/shm/cache_entry.h"

/* May E, which is outgrown, grow?  Under the lock: gives back what all readers
 * have told that they do not need. */
bool cache_window_move(struct cache_view *v, struct cache_entry *e,
    const struct cache_object *fetch);

/* O waits, or has told more than before; under the lock. */
void cache_window_tell(struct cache_view *v, struct cache_entry *e,
    struct cache_object *o);

/* O, of what is outgrown, is released; takes the lock. */
void cache_window_leave(struct cache_object *o);

#endif
