/*
 * sessions.c - TLS sessions that all workers know.
 *
 * Runs in workers; the master makes the area.
 *
 *	shard 0   | lock | tick | sets of class 0 | of class 1 | of class 2 |
 *	shard 1   | lock | ...                       SESSIONS_SHARDS of them
 *
 *	a set     | entry | entry | ... |                      WAYS of them
 *	an entry  | key, 128 bits | until | used | n | value |
 *
 *	class     an entry   holds                       of a shard's room
 *	0              32    marks: no value at all                   1/8
 *	1             384    sessions                                 5/8
 *	2            4096    with the certificate of a client         2/8
 *
 * A key can stand in one set of each class only.  USED is the tick of the
 * shard when the entry was put or found the last time: what expired goes
 * first, then what has the oldest.  Of a process that went mad only wrong bytes can
 * come: lengths are checked when they are read.
 *
 * Invariants: an entry with until 0 is free; no two have the same key.  What is
 * removed is wiped, for it could be used to read what a client sent.  Bits of
 * the first word of a key choose the shard, bits of the second the set.
 */
#include "common/shm/sessions.h"

#include "common/base/insist.h"
#include "common/shm/seat.h"

#define LAYOUT 1
#define WAYS 4
#define CLASSES 3

struct entry {
	struct hash_id key;
	usec_t until; /* CLOCK_MONOTONIC; 0: free */
	uint32_t used;
	uint32_t n; /* bytes of the value, right behind */
};

struct shard {
	struct shard_lock lock;
	uint32_t tick;
	_Alignas(64) char entries[];
};

static const struct {
	uint32_t size; /* of an entry */
	uint32_t share; /* of a shard's room, in eighths */
} classes[CLASSES] = {{32, 1}, {384, 5}, {4096, 2}};

_Static_assert(sizeof(struct entry) == 32, "a mark is an entry of class 0");
_Static_assert(SESSIONS_LARGEST == 4096 - sizeof(struct entry),
    "the largest fits into class 2");

static struct lock_table locks;
static uint64_t room; /* for the entries of a shard */
static usec_t shunned[SESSIONS_SHARDS];

/* ---- where things are ---- */

/* Such that the same comes of the size that the shape says. */
static uint64_t room_in(uint64_t size)
{
	uint64_t n = size / SESSIONS_SHARDS - sizeof(struct shard);

	INSIST(n >= 8 * 4096 && n <= UINT32_MAX);
	return n / 64 * 64;
}

static uint64_t sets_of(unsigned class)
{
	return room / 8 * classes[class].share / (WAYS * classes[class].size);
}

static size_t offset_of(unsigned class)
{
	size_t at = 0;

	for (unsigned i = 0; i < class; i++)
		at += sets_of(i) * WAYS * classes[i].size;
	return at;
}

/* Way I of the set of CLASS where KEY may be. */
static struct entry *entry_at(struct shard *s, unsigned class,
    struct hash_id key, unsigned i)
{
	uint64_t set = ((key.word[1] >> 32) * sets_of(class)) >> 32;
	size_t at = offset_of(class) + (set * WAYS + i) * classes[class].size;

	return (struct entry *)(void *)(s->entries + at);
}

static unsigned shard_of(struct hash_id key)
{
	return (unsigned)(key.word[0] % SESSIONS_SHARDS);
}

/* ---- the area ---- */

struct area_shape sessions_shape(uint64_t size)
{
	uint64_t n = room_in(size);

	return (struct area_shape){.name = "sessions",
	    .version = LAYOUT,
	    .geometry = {SESSIONS_SHARDS, n, WAYS},
	    .size = SESSIONS_SHARDS * (sizeof(struct shard) + n)};
}

static void reset(void *p, const void *arg)
{
	struct shard *s = p;

	(void)arg;
	s->tick = 0;
	memset(s->entries, 0, room);
}

/* What is new is empty: who wrote to it would take all of its memory. */
static void reset_new(void *p, const void *arg)
{
	(void)p;
	(void)arg;
}

void sessions_enter(void *table, uint64_t size)
{
	room = room_in(size);
	locks = (struct lock_table){.name = "sessions",
	    .shards = table,
	    .shard_size = sizeof(struct shard) + room,
	    .count = SESSIONS_SHARDS,
	    .reset = reset,
	    .shunned_until = shunned};
	area_hide(table, sessions_shape(size).size);
}

void sessions_create(void *table, uint64_t size)
{
	struct lock_table t;

	sessions_enter(table, size);
	t = locks;
	t.reset = reset_new;
	lock_table_create(&t);
}

/* ---- entries, with the shard locked ---- */

static void wipe(struct entry *e, unsigned class)
{
	size_t n = e->n;

	if (n > classes[class].size - sizeof(*e))
		n = classes[class].size - sizeof(*e);
	explicit_bzero(e, sizeof(*e) + n);
}

/* The entry that has KEY, whose time may be over, and its class; or NULL. */
static struct entry *look_up(struct shard *s, struct hash_id key,
    unsigned *class_r)
{
	for (unsigned class = 0; class < CLASSES; class++)
		for (unsigned i = 0; i < WAYS; i++) {
			struct entry *e = entry_at(s, class, key, i);

			*class_r = class;
			if (e->until != 0 && hash_id_eq(e->key, key))
				return e;
		}
	return NULL;
}

static unsigned class_for(size_t n)
{
	unsigned class = 0;

	while (n > classes[class].size - sizeof(struct entry))
		class++;
	return class;
}

/* Is A a better one to give up than B? */
static bool gives_way(const struct entry *a, const struct entry *b, usec_t now)
{
	if ((a->until <= now) != (b->until <= now))
		return a->until <= now;
	return (int32_t)(a->used - b->used) < 0;
}

/* Which gives way to KEY: what is free or expired, or what was not used for
 * the longest time. */
static struct entry *place_for(struct shard *s, unsigned class,
    struct hash_id key, usec_t now)
{
	struct entry *e = entry_at(s, class, key, 0);

	for (unsigned i = 1; i < WAYS; i++) {
		struct entry *other = entry_at(s, class, key, i);

		if (gives_way(other, e, now))
			e = other;
	}
	if (e->until > now)
		count(sessions_evicted);
	wipe(e, class);
	return e;
}

static void put(struct shard *s, struct hash_id key, struct str value,
    usec_t now, usec_t ttl)
{
	unsigned class;
	struct entry *e = look_up(s, key, &class);

	if (e != NULL)
		wipe(e, class);
	e = place_for(s, class_for(value.n), key, now);
	e->key = key;
	e->used = s->tick++;
	e->n = (uint32_t)value.n;
	if (value.n > 0)
		memcpy(e + 1, value.p, value.n);
	e->until = now + ttl;
}

/* To VALUE_R; how long it is, or SESSIONS_NONE. */
static int copy_out(struct shard *s, struct entry *e, unsigned class,
    usec_t now, void *value_r)
{
	size_t n = e->n;

	if (e->until <= now || n > classes[class].size - sizeof(*e))
		return SESSIONS_NONE;
	e->used = s->tick++;
	if (n > 0)
		memcpy(value_r, e + 1, n);
	return (int)n;
}

/* ---- what workers do ---- */

void sessions_put(struct hash_id key, struct str value, usec_t now, usec_t ttl)
{
	unsigned shard = shard_of(key);
	void *p;

	if (value.n > SESSIONS_LARGEST) {
		count(sessions_large);
		return;
	}
	if (lock_enter(&locks, shard, &p) != LOCK_OK)
		return;
	put(p, key, value, now, ttl);
	lock_leave(&locks, shard);
}

static int find(struct hash_id key, usec_t now, void *value_r, bool take)
{
	unsigned shard = shard_of(key), class;
	int n = SESSIONS_NONE;
	struct entry *e;
	void *p;

	if (lock_enter(&locks, shard, &p) != LOCK_OK)
		return SESSIONS_NONE;
	e = look_up(p, key, &class);
	if (e != NULL && value_r != NULL)
		n = copy_out(p, e, class, now, value_r);
	if (e != NULL && take)
		wipe(e, class);
	lock_leave(&locks, shard);
	return n;
}

int sessions_find(struct hash_id key, usec_t now, void *value_r)
{
	INSIST(value_r != NULL);
	return find(key, now, value_r, false);
}

int sessions_take(struct hash_id key, usec_t now, void *value_r)
{
	INSIST(value_r != NULL);
	return find(key, now, value_r, true);
}

void sessions_remove(struct hash_id key)
{
	(void)find(key, 0, NULL, true);
}
