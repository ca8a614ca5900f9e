/*
 * cache_listed.h - what is told of one object of the cache.
 */
#ifndef WORKER_PROXY_CACHE_LISTED_H
#define WORKER_PROXY_CACHE_LISTED_H

#include "common/base/out.h"
#include "common/shm/cache_walk.h"

/* The heading of a list, and a line of it. */
void cache_listed_head(struct out *o);
void cache_listed_line(const struct cache_listed *l, struct out *o);

/* The same as an element of an array of JSON. */
void cache_listed_json(const struct cache_listed *l, struct out *o);

/* The same as one of those of a key: "stored    whole, 200, ..." */
void cache_listed_tell(const struct cache_listed *l, struct out *o);

#endif
