/*
 * tickets.c - the keys of TLS session tickets, the same for all workers.
 *
 * Runs in workers; the master makes the area and its first keys.
 *
 *	| lock | claim | epoch | record 0 | record 1 | record 2 | record 3 |
 *
 * The EPOCH says which record is which, and is all that has to change for
 * them to move on:
 *
 *	epoch - 1       previous        modulo RECORDS
 *	epoch           current
 *	epoch + 1       next
 *	epoch + 2       nobody's: wiped, or about to be the next next
 *
 * A rotation writes nobody's record, moves the epoch, and wipes what has
 * become nobody's.  So whoever is killed anywhere in it leaves three good
 * keys: the lock has nothing to reset.  It only sees to it that one process
 * at a time writes, and the claim that it is the one whose turn it is: who was
 * stopped for too long finds that it is not.
 *
 * A reader copies a record and then looks whether the epoch is still the
 * same: else what it has may be torn, half written or half wiped, and it
 * looks again.  Each record ends in a check of itself besides, so that a
 * record that anything else has spoiled is no key.
 */
#include "common/shm/tickets.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/hash.h"
#include "common/base/insist.h"
#include "common/shm/claim.h"
#include "common/shm/lock.h"
#include "common/shm/seat.h"

#define LAYOUT 1
#define RECORDS 4
#define KEY_WORDS (sizeof(struct ticket_key) / 8)
#define PATIENCE (10 * USEC_PER_SEC) /* with who makes a key */

_Static_assert(sizeof(struct ticket_key) % 8 == 0, "a key is whole words");

struct record {
	_Atomic uint64_t key[KEY_WORDS];
	_Atomic uint64_t check;
};

struct table {
	struct shard_lock lock;
	claim_word claim; /* due when a period is over */
	_Atomic uint64_t epoch;
	struct record records[RECORDS];
};

static struct table *table;
static usec_t shunned;
static struct lock_table locks;

struct area_shape tickets_shape(uint64_t size)
{
	(void)size;
	return (struct area_shape){.name = "tickets",
	    .version = LAYOUT,
	    .geometry = {RECORDS, sizeof(struct record), 0},
	    .size = sizeof(struct table)};
}

/* ---- records ---- */

/* Tells a key from anything else that may lie in a record; no secret, for it
 * lies beside what it is made of. */
static uint64_t check_of(const void *key)
{
	static const struct hash_key fixed = {{0x7469636b657473, LAYOUT}};

	return hash_bytes(&fixed, key, sizeof(struct ticket_key));
}

static struct record *record_at(uint64_t epoch)
{
	return &table->records[epoch % RECORDS];
}

static void store(struct record *r, const uint64_t key[KEY_WORDS],
    uint64_t check)
{
	for (unsigned i = 0; i < KEY_WORDS; i++)
		atomic_store_explicit(&r->key[i], key[i],
		    memory_order_relaxed);
	atomic_store_explicit(&r->check, check, memory_order_relaxed);
}

static void wipe(struct record *r)
{
	static const uint64_t nothing[KEY_WORDS];

	store(r, nothing, 0);
}

/* What stands in R, if it is a key; whole only if the epoch did not move. */
static bool load(const struct record *r, struct ticket_key *key_r)
{
	uint64_t key[KEY_WORDS];

	for (unsigned i = 0; i < KEY_WORDS; i++)
		key[i] = atomic_load_explicit(&r->key[i],
		    memory_order_relaxed);
	memcpy(key_r, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return atomic_load_explicit(&r->check, memory_order_relaxed) ==
	    check_of(key_r);
}

/* getrandom waits at boot alone, and gives so few bytes at once. */
static void make_key(uint64_t key_r[KEY_WORDS])
{
	size_t size = KEY_WORDS * sizeof(key_r[0]);

	INSIST(getrandom(key_r, size, 0) == (ssize_t)size);
}

static void fill(struct record *r)
{
	uint64_t key[KEY_WORDS];

	make_key(key);
	store(r, key, check_of(key));
	explicit_bzero(key, sizeof(key));
}

/* ---- the area ---- */

/* Whoever died inside: all that readers see is good. */
static void keep(void *shard, const void *arg)
{
	(void)shard;
	(void)arg;
}

void tickets_enter(void *area, uint64_t size)
{
	(void)size;
	table = area;
	locks = (struct lock_table){.name = "tickets",
	    .shards = area,
	    .shard_size = sizeof(struct table),
	    .count = 1,
	    .reset = keep,
	    .shunned_until = &shunned};
	area_hide(area, sizeof(struct table));
}

/* There is no previous key: that record is empty, which is none. */
void tickets_create(void *area, uint64_t size)
{
	usec_t now = clock_mono();

	tickets_enter(area, size);
	lock_table_create(&locks);
	table->epoch = 1;
	fill(record_at(1));
	fill(record_at(2));
	INSIST(claim_end(&table->claim,
	    claim_take(&table->claim, now, PATIENCE), now + TICKETS_PERIOD));
}

/* ---- reading ---- */

static enum ticket_age find_at(uint64_t epoch, const uint8_t *name,
    struct ticket_key *key_r)
{
	static const struct {
		int offset;
		enum ticket_age age;
	} places[] = {{0, TICKET_FRESH}, {-1, TICKET_OLD}, {1, TICKET_FRESH}};

	for (unsigned i = 0; i < 3; i++) {
		uint64_t at = epoch + (uint64_t)places[i].offset;

		if (load(record_at(at), key_r) &&
		    (name == NULL ||
			memcmp(key_r->name, name, TICKETS_NAME_SIZE) == 0))
			return places[i].age;
	}
	return TICKET_UNKNOWN;
}

/* Of NULL for NAME: the current one, or the previous or the next if that is
 * spoiled.  The epoch moves twice a day: to look twice is enough. */
static enum ticket_age read_key(const uint8_t *name, struct ticket_key *key_r)
{
	for (unsigned tries = 0; tries < 3; tries++) {
		uint64_t epoch = atomic_load_explicit(&table->epoch,
		    memory_order_acquire);
		enum ticket_age age = find_at(epoch, name, key_r);

		atomic_thread_fence(memory_order_acquire);
		if (age != TICKET_UNKNOWN && epoch ==
		    atomic_load_explicit(&table->epoch, memory_order_relaxed))
			return age;
	}
	explicit_bzero(key_r, sizeof(*key_r));
	return TICKET_UNKNOWN;
}

bool tickets_current(struct ticket_key *key_r)
{
	return read_key(NULL, key_r) != TICKET_UNKNOWN;
}

enum ticket_age tickets_find(const uint8_t name[TICKETS_NAME_SIZE],
    struct ticket_key *key_r)
{
	return read_key(name, key_r);
}

/* ---- changing ---- */

usec_t tickets_due(void)
{
	return claim_due(&table->claim);
}

/* Behind the fence nobody takes the previous key for good any more. */
static void move_on(const uint64_t key[KEY_WORDS])
{
	uint64_t epoch = atomic_load(&table->epoch);

	store(record_at(epoch + 2), key, check_of(key));
	atomic_store_explicit(&table->epoch, epoch + 1, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	wipe(record_at(epoch - 1));
	count(ticket_rotations);
}

/* The claim is ended before the keys move: who is killed between the two
 * leaves a change out, and makes none twice. */
bool tickets_rotate(usec_t now)
{
	uint64_t claim = claim_take(&table->claim, now, PATIENCE);
	uint64_t key[KEY_WORDS];
	bool ours;
	void *p;

	if (claim == 0)
		return false;
	make_key(key);
	if (lock_enter(&locks, 0, &p) != LOCK_OK) {
		explicit_bzero(key, sizeof(key));
		return false;
	}
	ours = claim_end(&table->claim, claim, now + TICKETS_PERIOD);
	if (ours)
		move_on(key);
	lock_leave(&locks, 0);
	explicit_bzero(key, sizeof(key));
	return ours;
}

void tickets_give_back(int seat, usec_t now)
{
	claim_give_back(&table->claim, seat, now);
}
