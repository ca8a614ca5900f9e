/*
 * cache_queue.h - which object of a shard gives way when memory is short.
 *
 * Every object that can be found stands in the queue of its shard, and those
 * of an owner with a share of its own (a vhost with `max_size`) in one of
 * theirs, too: who has more than its share drops its own first.  The order is
 * that of SIEVE with a memory of what was dropped lately; see the story of
 * cache_queue.c for what that is worth.
 *
 * Pure: over nodes that lie in the segment at equal distances, and heads
 * beside them.  The caller holds the lock of the shard.  No call takes longer
 * than CACHE_QUEUE_STEPS nodes.  Numbers of nodes that come from the segment
 * are looked at before they are used; a chain that is broken ends.
 */
#ifndef COMMON_SHM_CACHE_QUEUE_H
#define COMMON_SHM_CACHE_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/hash.h"

#define CACHE_OWNERS 64	       /* with a queue each */
#define CACHE_OWNER_REST 64    /* all further ones share this queue */
#define CACHE_OWNER_NONE 65    /* no limit, no queue */
#define CACHE_QUEUE_STEPS 128u /* that are passed by for one that gives way */

/* Node 0 is nobody. */
struct cache_links {
	uint32_t newer, older;
};

/* In an object's header. */
struct cache_node {
	struct cache_links shard, owned;
	uint32_t weight; /* in units */
	uint16_t owner;	 /* below CACHE_OWNER_NONE: it is in that queue */
	uint8_t queued;
	_Atomic uint8_t visited; /* asked for since the hand came by: who finds
				    it sets it, with or without the lock */
};

struct cache_queue {
	uint32_t newest, oldest, hand;
	uint32_t count;
	uint64_t weight;
};

/* In the shard; zeroed: empty. */
struct cache_queues {
	struct cache_queue all;
	struct cache_queue owned[CACHE_OWNERS + 1];
	struct hash_id owner[CACHE_OWNERS]; /* {0}: nobody's */
	uint32_t dropped;		    /* counts, and wraps */
	uint32_t reserved;
};

/* What was dropped lately: a slot for each of the power of two SLOTS. */
struct cache_ghost {
	uint32_t mark, dropped;
};

/* A process's view; its numbers are of this process, and trusted. */
struct cache_queue_view {
	struct cache_queues *queues;
	char *nodes;   /* of number 0 */
	size_t stride; /* bytes from one number to the next */
	uint32_t count;
	struct cache_ghost *ghosts;
	uint32_t slots;
};

/* Empties all queues and forgets the owners; what was dropped is remembered.
 * What nodes say does not matter. */
void cache_queue_clear(const struct cache_queue_view *v);

/* The queue of owner ID, CACHE_OWNER_NONE for {0}: to be used at once, since
 * without objects it has none of its own. */
unsigned cache_queue_owner(const struct cache_queue_view *v, struct hash_id id);

/*
 * Node AT, of WEIGHT units, is the newest, of the shard and of OWNER.  NAME is
 * a hash of what it is, by which it is known if it was dropped lately: then it
 * counts as asked for already.
 */
void cache_queue_add(const struct cache_queue_view *v, uint32_t at,
    uint32_t weight, unsigned owner, uint64_t name);

/* It has gone; harmless if it is in none. */
void cache_queue_remove(const struct cache_queue_view *v, uint32_t at);

/* Its weight has changed. */
void cache_queue_weigh(
    const struct cache_queue_view *v, uint32_t at, uint32_t weight);

/*
 * The next candidate: the hand of OWNER's queue (CACHE_OWNER_NONE: of the
 * shard's) moves past who was asked for, and takes the mark from each; after
 * CACHE_QUEUE_STEPS of them the next gives way all the same.  0: the queue is
 * empty.  The caller drops it, or, if that brings nothing now (it is pinned),
 * asks again: the hand is past it.
 */
uint32_t cache_queue_next(const struct cache_queue_view *v, unsigned owner);

/* What is called NAME is being dropped for want of memory. */
void cache_queue_note(const struct cache_queue_view *v, uint64_t name);

/* The units of OWNER; 0 for CACHE_OWNER_NONE. */
uint64_t cache_queue_weight(const struct cache_queue_view *v, unsigned owner);

/* Do all links and sums agree?  Slow: for tests. */
bool cache_queue_check(const struct cache_queue_view *v);

#endif
