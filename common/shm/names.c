/*
 * names.c - the table of names that all workers share.
 *
 * Runs in workers; the master only makes the area.
 *
 *	  0 +---------------------------------------------------+
 *	    | shard 0: lock | entries: a name, its claim, record |
 *	    +---------------------------------------------------+
 *	    | shard 1 ...                                 SHARDS |
 *	    +---------------------------------------------------+
 *
 * An entry lies in the shard that its hash says, and is found by looking at
 * all of them there: names are looked at when they are due, never for a
 * request.  When a shard is full the entry that nobody has looked at for the
 * longest time, and for a while at least, makes room.
 *
 * What is read here came from other workers: lengths are checked, so that one
 * of them gone mad can only tell wrong addresses.
 */
#include "common/shm/names.h"

#include "common/base/hash.h"
#include "common/base/insist.h"
#include "common/shm/claim.h"
#include "common/shm/lock.h"
#include "common/shm/names_answers.h"

#define NAMES_VERSION 1
#define SHARDS 8
#define UNUSED_FOR (10 * 60 * USEC_PER_SEC)

struct entry {
	uint64_t hash; /* 0: free */
	claim_word claim;
	usec_t used_at;
	uint8_t type;
	uint8_t name_n;
	char name[NAMES_LENGTH_MAX];
	struct names_record record;
};

struct shard {
	struct shard_lock lock;
	struct entry entries[];
};

static struct lock_table locks = {.name = "names"};
static usec_t shunned_until[SHARDS];
static uint64_t entries_a_shard; /* 0: there is no table */

/* ---- the area ---- */

static uint64_t shard_size(uint64_t size)
{
	return size / SHARDS / 64 * 64;
}

struct area_shape names_shape(uint64_t size)
{
	return (struct area_shape){
	    .name = "names",
	    .version = NAMES_VERSION,
	    .geometry = {SHARDS, sizeof(struct entry), NAMES_ANSWERS_MAX},
	    .size = size,
	};
}

static void reset(void *shard, const void *arg)
{
	struct shard *s = shard;

	(void)arg;
	memset(s->entries, 0, entries_a_shard * sizeof(s->entries[0]));
}

static void use(void *table, uint64_t size)
{
	locks.shards = table;
	locks.shard_size = shard_size(size);
	locks.count = SHARDS;
	locks.reset = reset;
	locks.shunned_until = shunned_until;
	entries_a_shard = (shard_size(size) - sizeof(struct shard)) /
	    sizeof(struct entry);
}

void names_create(void *table, uint64_t size)
{
	use(table, size);
	lock_table_create(&locks);
	entries_a_shard = 0;
}

void names_enter(void *table, uint64_t size)
{
	use(table, size);
}

void names_give_back(int seat, usec_t now)
{
	for (unsigned i = 0; i < SHARDS && entries_a_shard > 0; i++) {
		struct shard *s = (struct shard *)(void *)
		    (locks.shards + i * locks.shard_size);

		for (uint64_t k = 0; k < entries_a_shard; k++)
			claim_give_back(&s->entries[k].claim, seat, now);
	}
}

/* ---- entries ---- */

/* Names are an operator's, and those that they lead to: nobody aims at a
 * place in this table, so the key need not be secret. */
static uint64_t hash_of(enum names_type type, struct str name)
{
	const struct hash_key key = {{0x6e616d6573, type}};
	uint64_t hash = hash_bytes(&key, name.p, name.n);

	return hash != 0 ? hash : 1;
}

static bool is_it(const struct entry *e, uint64_t hash, enum names_type type,
    struct str name)
{
	return e->hash == hash && e->type == type && e->name_n == name.n &&
	    memcmp(e->name, name.p, name.n) == 0;
}

/* One to be made anew, or NULL: all are in use. */
static struct entry *find_room(struct shard *s, usec_t now)
{
	struct entry *oldest = NULL;

	for (uint64_t i = 0; i < entries_a_shard; i++) {
		struct entry *e = &s->entries[i];

		if (e->hash == 0)
			return e;
		if (oldest == NULL || e->used_at < oldest->used_at)
			oldest = e;
	}
	if (oldest != NULL && oldest->used_at + UNUSED_FOR > now)
		return NULL;
	return oldest;
}

static struct entry *find(struct shard *s, uint64_t hash,
    enum names_type type, struct str name, usec_t now)
{
	struct entry *e;

	for (uint64_t i = 0; i < entries_a_shard; i++)
		if (is_it(&s->entries[i], hash, type, name)) {
			s->entries[i].used_at = now;
			return &s->entries[i];
		}
	e = find_room(s, now);
	if (e == NULL)
		return NULL;
	memset(e, 0, sizeof(*e));
	e->type = (uint8_t)type;
	e->name_n = (uint8_t)name.n;
	e->used_at = now;
	memcpy(e->name, name.p, name.n);
	e->hash = hash;
	return e;
}

/* With its shard locked, until leave; NULL: behave as if there were none. */
static struct entry *enter(enum names_type type, struct str name, usec_t now)
{
	uint64_t hash = hash_of(type, name);
	struct entry *e;
	void *shard;

	INSIST(name.n > 0 && name.n <= NAMES_LENGTH_MAX);
	if (entries_a_shard == 0 ||
	    lock_enter(&locks, hash % SHARDS, &shard) != LOCK_OK)
		return NULL;
	e = find(shard, hash, type, name, now);
	if (e == NULL)
		lock_leave(&locks, hash % SHARDS);
	return e;
}

static void leave(const struct entry *e)
{
	lock_leave(&locks, e->hash % SHARDS);
}

/* ---- what workers do ---- */

/* A table that was emptied takes no answers away. */
static unsigned take_over(struct names_record *r,
    const struct names_record *known)
{
	r->failed_at = known->failed_at;
	r->failures = known->failures;
	r->fault = known->fault;
	if (known->changed_at == 0)
		return 0;
	r->answered_at = known->answered_at;
	r->ttl = known->ttl;
	if (known->changed_at == r->changed_at)
		return 0;
	r->changed_at = known->changed_at;
	r->answers = known->answers;
	names_bound(&r->answers);
	return NAMES_CHANGED;
}

unsigned names_read(enum names_type type, struct str name,
    struct names_record *r, usec_t now)
{
	struct entry *e = enter(type, name, now);
	unsigned changed;

	if (e == NULL)
		return 0;
	changed = take_over(r, &e->record);
	leave(e);
	return changed;
}

uint64_t names_claim(enum names_type type, struct str name, usec_t now,
    usec_t patience)
{
	struct entry *e = enter(type, name, now);
	uint64_t claim;

	if (e == NULL)
		return NAMES_ALONE;
	claim = claim_take(&e->claim, now, patience);
	leave(e);
	return claim;
}

bool names_store(enum names_type type, struct str name, uint64_t claim,
    const struct names_outcome *o, usec_t now, usec_t after,
    unsigned *changed_r)
{
	struct entry *e = enter(type, name, now);
	bool ours;

	if (e == NULL)
		return false;
	ours = claim_is_mine(&e->claim, claim);
	if (ours) {
		*changed_r = names_apply(&e->record, o, now);
		ours = claim_end(&e->claim, claim, now + after);
	}
	leave(e);
	return ours;
}
