/*
 * sticky.c - the stick table: which server the clients of a key stay with.
 *
 * Runs in workers; the master makes the area.
 *
 *   shard 0   | lock | set 0 | set 1 | ... |       STICKY_SHARDS of them
 *   shard 1   | lock | ...
 *
 *   a set     | entry | entry | ... |              STICKY_WAYS of them
 *             most recently used ... least
 *
 *   an entry  | key, 128 bits | server | until |   32 bytes
 *
 * A key can stand in one set only, so a look at 256 bytes in a row tells.  The
 * order of a set is the order of use: whatever is found or put moves to the
 * front, and what falls off the end is what nobody asked for the longest.
 *
 * Invariants: an entry with server 0 is free, and so is one whose time is
 * over; of the others no two in a set have the same key.  Bits of the first
 * word choose the shard, bits of the second the set.
 */
#include "common/shm/sticky.h"

#include <string.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"

#define LAYOUT 1

struct entry {
	struct hash_id key;
	uint64_t server;
	usec_t until; /* CLOCK_MONOTONIC */
};

struct set {
	struct entry at[STICKY_WAYS];
};

struct shard {
	struct shard_lock lock;
	_Alignas(64) struct set sets[];
};

_Static_assert(sizeof(struct entry) == 32, "two in a cache line");

static struct lock_table locks;
static uint64_t sets; /* in each shard */
static usec_t shunned[STICKY_SHARDS];

static uint64_t sets_in(uint64_t size)
{
	uint64_t n = (size / STICKY_SHARDS - sizeof(struct shard)) /
	    sizeof(struct set);

	INSIST(n > 0 && n <= UINT32_MAX);
	return n;
}

static size_t shard_size(uint64_t n)
{
	return sizeof(struct shard) + (size_t)n * sizeof(struct set);
}

struct area_shape sticky_shape(uint64_t size)
{
	uint64_t n = sets_in(size);

	return (struct area_shape){.name = "sticky",
	    .version = LAYOUT,
	    .geometry = {STICKY_SHARDS, n, STICKY_WAYS},
	    .size = STICKY_SHARDS * shard_size(n)};
}

static void reset(void *p, const void *arg)
{
	const uint64_t *n = arg;
	struct shard *shard = p;

	memset(shard->sets, 0, *n * sizeof(struct set));
}

/* What is new is empty: who wrote to it would take all of its memory. */
static void reset_new(void *p, const void *arg)
{
	(void)p;
	(void)arg;
}

static struct lock_table locks_of(void *table, const uint64_t *n)
{
	return (struct lock_table){.name = "sticky",
	    .shards = table,
	    .shard_size = shard_size(*n),
	    .count = STICKY_SHARDS,
	    .reset = reset,
	    .arg = n,
	    .shunned_until = shunned};
}

void sticky_create(void *table, uint64_t size)
{
	uint64_t n = sets_in(size);
	struct lock_table t = locks_of(table, &n);

	t.reset = reset_new;
	lock_table_create(&t);
}

void sticky_enter(void *table, uint64_t size)
{
	sets = sets_in(size);
	locks = locks_of(table, &sets);
}

static unsigned shard_of(struct hash_id key)
{
	return (unsigned)(key.word[0] % STICKY_SHARDS);
}

static struct entry *set_of(void *p, struct hash_id key)
{
	struct shard *shard = p;

	return shard->sets[((key.word[1] >> 32) * sets) >> 32].at;
}

static bool is_alive(const struct entry *e, usec_t now)
{
	return e->server != 0 && e->until > now;
}

/* Its number in SET, or STICKY_WAYS. */
static unsigned look_up(const struct entry *set, struct hash_id key,
    usec_t now)
{
	unsigned i = 0;

	while (i < STICKY_WAYS &&
	    (!is_alive(&set[i], now) || !hash_id_eq(set[i].key, key)))
		i++;
	return i;
}

/* E to the front of SET, where number I gives way. */
static void move_to_front(struct entry *set, unsigned i, struct entry e)
{
	memmove(set + 1, set, i * sizeof(*set));
	set[0] = e;
}

uint64_t sticky_find(struct hash_id key, usec_t now, usec_t ttl)
{
	unsigned shard = shard_of(key), i;
	struct entry *set, e = {.server = 0};
	void *p;

	if (lock_enter(&locks, shard, &p) != LOCK_OK)
		return 0;
	set = set_of(p, key);
	i = look_up(set, key, now);
	if (i < STICKY_WAYS) {
		e = set[i];
		e.until = now + ttl;
		move_to_front(set, i, e);
	}
	lock_leave(&locks, shard);
	return e.server;
}

/* Which of SET gives way: what is free, or the last. */
static unsigned place_in(const struct entry *set, usec_t now)
{
	for (unsigned i = 0; i < STICKY_WAYS; i++)
		if (!is_alive(&set[i], now))
			return i;
	count(sticky_evicted);
	return STICKY_WAYS - 1;
}

void sticky_put(struct hash_id key, uint64_t seen, uint64_t server, usec_t now,
    usec_t ttl)
{
	struct entry e = {key, server, now + ttl}, *set;
	unsigned shard = shard_of(key), i;
	uint64_t has;
	void *p;

	INSIST(server != 0);
	if (lock_enter(&locks, shard, &p) != LOCK_OK)
		return;
	set = set_of(p, key);
	i = look_up(set, key, now);
	has = i < STICKY_WAYS ? set[i].server : 0;
	if (seen == STICKY_ANY || has == seen || has == 0)
		move_to_front(set, i < STICKY_WAYS ? i : place_in(set, now), e);
	lock_leave(&locks, shard);
}
