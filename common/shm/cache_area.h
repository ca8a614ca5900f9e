/*
 * cache_area.h - how the area of the cache is laid out: for the store's files.
 *
 * What lies in the segment is read with bounds checked: each process knows the
 * geometry by itself, and whatever number comes from there is looked at before
 * it is an offset or a length.
 */
#ifndef COMMON_SHM_CACHE_AREA_H
#define COMMON_SHM_CACHE_AREA_H

#include <stdatomic.h>

#include "common/shm/cache.h"
#include "common/shm/cache_blocks.h"
#include "common/shm/cache_queue.h"
#include "common/shm/lock.h"
#include "common/shm/seat.h"
#include "common/shm/wake.h"

#define CACHE_UNIT 64u
#define CACHE_SHARDS_MAX 16u
#define CACHE_NONE 0u /* unit 0 is nobody's */
#define CACHE_MAGIC 0x43656e74u

enum cache_state {
	CACHE_STATE_FETCHING = 1,
	CACHE_STATE_GROWING,
	CACHE_STATE_WHOLE,
	CACHE_STATE_MARK,
	CACHE_STATE_FAILED,
	CACHE_STATE_BROKEN
};

/* Which sum of the shard has the units of a pinned entry. */
enum cache_held { CACHE_HELD_NOT, CACHE_HELD_READ, CACHE_HELD_GROWTH };

/*
 * An entry of the index.  Its head is one run of units:
 *
 *	header | key | variant | spec | tags | record | body, if it is small
 *
 * What follows the header is not aligned.  The rest of the body is a chain of
 * blocks.  While it is pinned no unit of it is reused, in the index or not.
 */
struct cache_entry {
	uint32_t magic;
	uint32_t next; /* in its bucket */
	struct hash_id id;
	uint64_t variant;
	uint64_t serial; /* newer is more */
	struct cache_node node;
	uint32_t pins; /* what the tables of all seats say */
	_Atomic uint32_t state;
	_Atomic uint64_t size; /* of the body that is there */
	struct cache_meta meta;
	uint32_t units;	 /* of the head */
	uint32_t total;	 /* of all runs, but for that of the growth */
	uint32_t growth; /* a run of its own while somebody fetches it */
	_Atomic uint32_t body; /* the first block */
	uint32_t last;	 /* block, where the fetch writes */
	uint32_t record_at; /* a run of its own when a 304 brought a larger one */
	uint32_t record_units;
	uint32_t record_n, record_room;
	uint32_t inline_n; /* room for body in the head */
	uint32_t hits;
	uint16_t key_n, variant_n, spec_n, tags_n;
	uint8_t indexed, held;
	uint8_t any;	  /* a placeholder of whatever variant */
	uint8_t outgrown; /* only a window of the body is kept */
};

/* Of an entry without texts. */
#define CACHE_ENTRY_UNITS                                                      \
	((sizeof(struct cache_entry) + CACHE_UNIT - 1) / CACHE_UNIT)

/* Before a part of a body. */
struct cache_block {
	_Atomic uint32_t next;
	uint32_t units;
	uint64_t start; /* of the body; more than that of the one before */
};

/* What only a fetch needs. */
struct cache_growth {
	struct wake_set wake;
	_Atomic int64_t expires;
	uint32_t seat;
	uint32_t unwanted; /* purged, or taken over: is not published */
	uint64_t purges;   /* of the shard, when it began */
	struct hash_id owner;
	uint64_t share; /* of the owner in this shard: units; 0: no limit */
};

#define CACHE_GROWTH_UNITS                                                     \
	((sizeof(struct cache_growth) + CACHE_UNIT - 1) / CACHE_UNIT)

#define CACHE_PURGES_KEPT 64
#define CACHE_PURGED_ANY UINT64_C(0) /* not one key alone */

struct cache_shard {
	struct shard_lock lock;
	uint64_t serial;
	uint64_t evicted;
	uint64_t purges;   /* how often something was purged here; */
	uint64_t purged[CACHE_PURGES_KEPT]; /* the last: of the key's id */
	uint32_t objects;  /* GROWING and WHOLE in the index */
	uint32_t others;   /* in the index */
	uint32_t held[3];  /* units, by enum cache_held */
	struct cache_queues queues;
};

/* One shard, as this process sees it. */
struct cache_view {
	uint32_t number;
	uint32_t units;
	uint32_t buckets; /* a power of two */
	struct cache_shard *shard;
	uint32_t *index; /* the first entry of each bucket */
	char *memory;	 /* UNITS units */
	struct cache_blocks blocks;
	struct cache_queue_view queue;
};

struct cache_head {
	struct hash_key secret;
	_Atomic uint32_t seats; /* the highest that ever sat here, plus one */
};

extern struct cache_head *cache_head; /* NULL: there is no area */

unsigned cache_shards(void);

/* For the master while no worker lives: this is the area of SIZE bytes, until
 * cache_close. */
void cache_open(void *table, uint64_t size);
void cache_close(void);

/* For who has the lock, and for the master while no worker lives. */
struct cache_view *cache_view_at(unsigned shard);

/* With its lock, until cache_leave; NULL: busy.  Pins that were put off are
 * given back on the way. */
struct cache_view *cache_lock(unsigned shard);
void cache_unlock(struct cache_view *v);

static inline unsigned cache_shard_of(struct hash_id id)
{
	return (unsigned)(id.word[0] % cache_shards());
}

static inline void *cache_unit(const struct cache_view *v, uint32_t at)
{
	return v->memory + (size_t)at * CACHE_UNIT;
}

static inline uint32_t cache_at_of(const struct cache_view *v,
    const struct cache_entry *e)
{
	return (uint32_t)(((const char *)e - v->memory) / CACHE_UNIT);
}

static inline bool cache_is_run(
    const struct cache_view *v, uint32_t at, uint32_t n)
{
	return at != CACHE_NONE && n > 0 && at < v->units && n <= v->units - at;
}

static inline uint32_t cache_units_for(uint64_t bytes)
{
	return (uint32_t)((bytes + CACHE_UNIT - 1) / CACHE_UNIT);
}

#endif
