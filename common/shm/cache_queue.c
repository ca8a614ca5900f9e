/*
 * cache_queue.c - eviction: SIEVE, and who comes back soon is known again.
 *
 * Runs in workers, under the lock of a shard.
 *
 *	oldest <-> ... <-> x <-> x <-> . <-> ... <-> newest      x: visited
 *	                   ^ hand ->
 *
 * What comes in is the newest and never moves.  The hand goes from old to new:
 * from who was asked for since it came by last it takes the mark, and who has
 * none is dropped; at the end it begins anew at the oldest.  So whatever
 * nobody asks for twice, and a crawler brings nothing else, goes at the next
 * round, while being asked for costs no more than a byte: no list is touched
 * by a hit.
 *
 * SIEVE is bad at one thing: when what people want changes, the new has to
 * live through one round of the hand before it is asked for again.  So names
 * that were dropped are kept for as many drops as there are objects, and what
 * comes back in that time is marked as visited at once.  A slot is for the
 * names with some bits in common, the last one counts; that one is taken for
 * another happens once in 2^32.
 *
 * Measured by tests/bench/eviction (hits of objects in percent, mean of four
 * exponents of Zipf, in caches of 1, 5 and 20 % of what there is):
 *
 *	            LRU            SIEVE          S3-FIFO        this
 *	Zipf alone  48.7 62.8 77.6 56.1 68.6 79.8 56.0 69.2 80.1 55.6 68.9 80.2
 *	+ 30 % once 31.6 40.1 48.6 40.0 46.6 52.6 40.1 47.8 53.8 39.9 47.6 53.5
 *	+ crawlers  41.0 51.7 62.1 47.9 57.8 66.1 47.7 58.5 67.0 47.3 58.3 66.8
 *	it changes  46.9 59.8 74.2 50.0 61.2 74.4 51.3 63.0 75.7 51.3 63.2 75.6
 *	both        22.8 29.1 35.1 29.7 34.6 38.9 30.0 35.8 39.8 29.8 35.6 39.6
 *
 * S3-FIFO has a memory, too, and two lists for each owner; one will do.
 *
 * The same node stands in the queue of its owner, which has a hand of its own;
 * the mark is one.
 *
 * Invariants: the links of two neighbours name each other; COUNT and WEIGHT are
 * sums over a queue; an owner's queue is part of the shard's; an owner without
 * objects has no slot.
 */
#include "common/shm/cache_queue.h"

#include <string.h>

static struct cache_node *node_at(const struct cache_queue_view *v, uint32_t at)
{
	if (at == 0 || at >= v->count)
		return NULL;
	return (struct cache_node *)(void *)(v->nodes + at * v->stride);
}

static struct cache_queue *queue_of(
    const struct cache_queue_view *v, unsigned owner)
{
	return owner <= CACHE_OWNER_REST ? &v->queues->owned[owner]
					 : &v->queues->all;
}

static struct cache_links *links_of(struct cache_node *n, bool owned)
{
	return owned ? &n->owned : &n->shard;
}

void cache_queue_clear(const struct cache_queue_view *v)
{
	uint32_t dropped = v->queues->dropped;

	memset(v->queues, 0, sizeof(*v->queues));
	v->queues->dropped = dropped;
}

unsigned cache_queue_owner(const struct cache_queue_view *v, struct hash_id id)
{
	unsigned spare = CACHE_OWNER_REST;

	if (hash_id_eq(id, (struct hash_id){{0, 0}}))
		return CACHE_OWNER_NONE;
	for (unsigned i = 0; i < CACHE_OWNERS; i++) {
		if (hash_id_eq(v->queues->owner[i], id))
			return i;
		if (v->queues->owned[i].count == 0 && spare == CACHE_OWNER_REST)
			spare = i;
	}
	if (spare < CACHE_OWNERS)
		v->queues->owner[spare] = id;
	return spare;
}

/* ---- one queue ---- */

static void append(const struct cache_queue_view *v, unsigned owner,
    struct cache_node *n, uint32_t at)
{
	bool owned = owner != CACHE_OWNER_NONE;
	struct cache_queue *q = queue_of(v, owner);
	struct cache_node *newest = node_at(v, q->newest);

	*links_of(n, owned) =
	    (struct cache_links){.newer = 0, .older = q->newest};
	if (newest != NULL)
		links_of(newest, owned)->newer = at;
	else
		q->oldest = at;
	q->newest = at;
	q->count++;
	q->weight += n->weight;
}

static void take_out(const struct cache_queue_view *v, unsigned owner,
    struct cache_node *n, uint32_t at)
{
	bool owned = owner != CACHE_OWNER_NONE;
	struct cache_queue *q = queue_of(v, owner);
	struct cache_links *l = links_of(n, owned);
	struct cache_node *newer = node_at(v, l->newer);
	struct cache_node *older = node_at(v, l->older);

	if (q->hand == at)
		q->hand = l->newer;
	if (newer != NULL)
		links_of(newer, owned)->older = l->older;
	else
		q->newest = l->older;
	if (older != NULL)
		links_of(older, owned)->newer = l->newer;
	else
		q->oldest = l->newer;
	q->count--;
	q->weight -= n->weight;
}

/* ---- what was dropped ---- */

static struct cache_ghost *ghost_of(
    const struct cache_queue_view *v, uint64_t name)
{
	return &v->ghosts[name & (v->slots - 1)];
}

void cache_queue_note(const struct cache_queue_view *v, uint64_t name)
{
	*ghost_of(v, name) = (struct cache_ghost){
	    .mark = (uint32_t)(name >> 32) | 1,
	    .dropped = ++v->queues->dropped,
	};
}

static bool was_dropped_lately(const struct cache_queue_view *v, uint64_t name)
{
	const struct cache_ghost *g = ghost_of(v, name);

	return g->mark == ((uint32_t)(name >> 32) | 1) &&
	       v->queues->dropped - g->dropped < v->queues->all.count;
}

/* ---- what is offered ---- */

void cache_queue_add(const struct cache_queue_view *v, uint32_t at,
    uint32_t weight, unsigned owner, uint64_t name)
{
	struct cache_node *n = node_at(v, at);

	if (n == NULL)
		return;
	n->weight = weight;
	n->owner = (uint16_t)owner;
	n->queued = true;
	atomic_store_explicit(
	    &n->visited, was_dropped_lately(v, name), memory_order_relaxed);
	append(v, CACHE_OWNER_NONE, n, at);
	if (owner <= CACHE_OWNER_REST)
		append(v, owner, n, at);
}

void cache_queue_remove(const struct cache_queue_view *v, uint32_t at)
{
	struct cache_node *n = node_at(v, at);

	if (n == NULL || !n->queued)
		return;
	take_out(v, CACHE_OWNER_NONE, n, at);
	if (n->owner <= CACHE_OWNER_REST)
		take_out(v, n->owner, n, at);
	n->queued = false;
}

void cache_queue_weigh(
    const struct cache_queue_view *v, uint32_t at, uint32_t weight)
{
	struct cache_node *n = node_at(v, at);

	if (n == NULL || !n->queued)
		return;
	v->queues->all.weight += (uint64_t)weight - n->weight;
	if (n->owner <= CACHE_OWNER_REST)
		v->queues->owned[n->owner].weight +=
		    (uint64_t)weight - n->weight;
	n->weight = weight;
}

static bool was_visited(struct cache_node *n)
{
	if (atomic_load_explicit(&n->visited, memory_order_relaxed) == 0)
		return false;
	atomic_store_explicit(&n->visited, 0, memory_order_relaxed);
	return true;
}

uint32_t cache_queue_next(const struct cache_queue_view *v, unsigned owner)
{
	struct cache_queue *q = queue_of(v, owner);

	for (unsigned steps = 0;; steps++) {
		uint32_t at = q->hand != 0 ? q->hand : q->oldest;
		struct cache_node *n = node_at(v, at);

		if (n == NULL)
			return 0;
		q->hand = links_of(n, owner <= CACHE_OWNER_REST)->newer;
		if (!was_visited(n) || steps >= CACHE_QUEUE_STEPS)
			return at;
	}
}

uint64_t cache_queue_weight(const struct cache_queue_view *v, unsigned owner)
{
	return owner <= CACHE_OWNER_REST ? v->queues->owned[owner].weight : 0;
}

/* ---- checking ---- */

static bool check_queue(const struct cache_queue_view *v, unsigned owner)
{
	bool owned = owner != CACHE_OWNER_NONE, hand;
	const struct cache_queue *q = queue_of(v, owner);
	uint32_t count = 0, older = 0, at = q->oldest;
	uint64_t weight = 0;

	hand = q->hand == 0;
	for (struct cache_node *n; (n = node_at(v, at)) != NULL;) {
		if (count++ > q->count || links_of(n, owned)->older != older ||
		    !n->queued || (owned && n->owner != owner))
			return false;
		weight += n->weight;
		hand = hand || q->hand == at;
		older = at;
		at = links_of(n, owned)->newer;
	}
	return hand && q->newest == older && count == q->count &&
	       weight == q->weight;
}

bool cache_queue_check(const struct cache_queue_view *v)
{
	for (unsigned i = 0; i <= CACHE_OWNER_REST; i++)
		if (!check_queue(v, i))
			return false;
	return check_queue(v, CACHE_OWNER_NONE);
}
