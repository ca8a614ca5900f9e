/*
 * cache_pins.h - which entries of a shard this process, and each other, uses.
 *
 * All but cache_pins_use under the lock of the shard.
 */
#ifndef COMMON_SHM_CACHE_PINS_H
#define COMMON_SHM_CACHE_PINS_H

#include "common/shm/cache_area.h"

#define CACHE_PINS 1023 /* entries at a time, of a seat in a shard */

struct cache_pin {
	uint32_t at, count; /* COUNT 0: free */
	uint64_t told;	    /* of what is outgrown: bytes before that nobody
			       here needs any more */
};

/* In the segment; one writer, and who has the lock when that one is dead. */
struct cache_pins {
	uint32_t top; /* slots behind were never used */
	uint32_t reserved[3];
	struct cache_pin at[CACHE_PINS];
};

/* Of this process, which has no pins yet. */
void cache_pins_use(void *table, unsigned shards);

/* Those of SEAT in SHARD; TOP may be anything. */
struct cache_pins *cache_pins_of(unsigned shard, int seat);

/* One more pin on the entry AT, of which *O is the handle.  False: there are
 * too many others, or of this process on other entries. */
bool cache_pin(struct cache_view *v, uint32_t at, struct cache_object *o);

/* One less; what nobody pins and is in no index is freed. */
void cache_unpin(struct cache_view *v, uint32_t slot);

/* That of this process. */
struct cache_pin *cache_pins_mine(unsigned shard, uint32_t slot);

/* The least that was told for the entry AT. */
uint64_t cache_pins_told(const struct cache_view *v, uint32_t at);

/* Without the lock: to be given back with the next one.  How many are. */
unsigned cache_pins_put_off(const struct cache_object *o);
bool cache_pins_is_owing(unsigned shard);
void cache_pins_settle(struct cache_view *v);

/* All pins of SEAT, whose process is gone, and what it fetched.  Whom that
 * wakes is added to WAKE. */
void cache_pins_clear(struct cache_view *v, int seat, struct wake_set *wake);

#endif
