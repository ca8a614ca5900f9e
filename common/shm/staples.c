/*
 * staples.c - OCSP responses that all workers staple.
 *
 * Runs in workers; the master makes the area, and looks at it without a lock.
 *
 *	  0 +----------------------------------------------------+
 *	    | shard 0: lock | entries: id, claim, record, view   |
 *	    +----------------------------------------------------+
 *	    | shard 1 ...                                 SHARDS |
 *	    +----------------------------------------------------+
 *
 * An entry lies in the shard that its id says, and is found by looking at all
 * of them there: that is done when a response is due, never for a handshake.
 * When a shard is full the entry that nobody has looked at for the longest
 * time, and for a day at least, makes room.
 *
 * A view repeats what the master shows, as atomics.  It is printed and nothing
 * else is done with it.
 */
#include "common/shm/staples.h"

#include "common/base/insist.h"
#include "common/shm/claim.h"
#include "common/shm/lock.h"

#define STAPLES_VERSION 1
#define SHARDS 8
#define UNUSED_FOR (25 * USEC_PER_HOUR) /* they look once an hour */

#define RETRY_FIRST USEC_PER_SEC
#define RETRY_DOUBLINGS 12 /* to an hour and a bit */
#define FETCH_LEAST (60 * USEC_PER_SEC) /* however short a response lives */

struct entry {
	_Atomic uint64_t id[2]; /* 0, 0: free */
	claim_word claim;
	usec_t used_at;
	_Atomic uint32_t seen_status;
	_Atomic uint32_t seen_fault;
	_Atomic int64_t seen_until;
	struct staple_record record;
};

struct shard {
	struct shard_lock lock;
	struct entry entries[];
};

static struct lock_table locks = {.name = "staples"};
static usec_t shunned_until[SHARDS];
static uint64_t entries_a_shard; /* 0: there is no table */

const char *staple_fault_text(unsigned fault)
{
	static const char *const texts[STAPLE_FAULTS] = {
	    [STAPLE_FINE] = "",
#define STAPLE_FAULT(name, text) [STAPLE_##name] = text,
#include "common/tbl/staple_faults.h"
#undef STAPLE_FAULT
	};

	return fault < STAPLE_FAULTS ? texts[fault] : "";
}

/* ---- records ---- */

static usec_t half(usec_t from, usec_t to)
{
	return to > from ? (to - from) / 2 : 0;
}

/* From now until half of its life is over, or half of what is left of it: the
 * caches of a responder may have had it for long. */
static usec_t fetch_after(const struct staple_outcome *o, usec_t wall)
{
	usec_t middle = o->made_at + half(o->made_at, o->good_until);
	usec_t after = middle > wall ? middle - wall
				     : half(wall, o->good_until);

	return after > FETCH_LEAST ? after : FETCH_LEAST;
}

static unsigned apply_fault(struct staple_record *r, enum staple_fault fault,
    usec_t now)
{
	unsigned doublings = r->failures < RETRY_DOUBLINGS ? r->failures
							   : RETRY_DOUBLINGS;

	r->fault = fault;
	r->failures++;
	r->due = now + (RETRY_FIRST << doublings);
	return r->failures == 1 ? STAPLE_BROKE : 0;
}

unsigned staples_apply(struct staple_record *r, const struct staple_outcome *o,
    usec_t now, usec_t wall)
{
	unsigned changed = r->failures > 0 ? STAPLE_RECOVERED : 0;

	if (o->fault != STAPLE_FINE)
		return apply_fault(r, o->fault, now);
	INSIST(o->response_n <= STAPLE_MAX);
	if (r->stored_at == 0 || r->status != o->status)
		changed |= STAPLE_CHANGED;
	r->failures = 0;
	r->fault = STAPLE_FINE;
	r->stored_at = now;
	r->good_until = o->good_until;
	r->due = now + fetch_after(o, wall);
	r->status = o->status;
	r->response_n = (uint32_t)o->response_n;
	memcpy(r->response, o->response, o->response_n);
	return changed;
}

bool staples_is_due(const struct staple_record *r, usec_t now, usec_t wall)
{
	return r->due <= now || (r->failures == 0 && r->good_until <= wall);
}

/* ---- the area ---- */

static uint64_t shard_size(uint64_t size)
{
	return size / SHARDS / 64 * 64;
}

static uint64_t entries_for(uint64_t size)
{
	return (shard_size(size) - sizeof(struct shard)) /
	    sizeof(struct entry);
}

struct area_shape staples_shape(uint64_t size)
{
	return (struct area_shape){
	    .name = "staples",
	    .version = STAPLES_VERSION,
	    .geometry = {SHARDS, sizeof(struct entry), STAPLE_MAX},
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
	entries_a_shard = entries_for(size);
}

void staples_create(void *table, uint64_t size)
{
	use(table, size);
	lock_table_create(&locks);
	entries_a_shard = 0;
}

void staples_enter(void *table, uint64_t size)
{
	use(table, size);
}

void staples_give_back(int seat, usec_t now)
{
	for (unsigned i = 0; i < SHARDS && entries_a_shard > 0; i++) {
		struct shard *s = (struct shard *)(void *)
		    (locks.shards + i * locks.shard_size);

		for (uint64_t k = 0; k < entries_a_shard; k++)
			claim_give_back(&s->entries[k].claim, seat, now);
	}
}

/* ---- entries ---- */

static bool is_it(const struct entry *e, struct hash_id id)
{
	return atomic_load_explicit(&e->id[0], memory_order_relaxed) ==
	    id.word[0] &&
	    atomic_load_explicit(&e->id[1], memory_order_relaxed) ==
	    id.word[1];
}

/* One to be made anew, or NULL: all are in use. */
static struct entry *find_room(struct shard *s, usec_t now)
{
	struct entry *oldest = NULL;

	for (uint64_t i = 0; i < entries_a_shard; i++) {
		struct entry *e = &s->entries[i];

		if (is_it(e, (struct hash_id){{0, 0}}))
			return e;
		if (oldest == NULL || e->used_at < oldest->used_at)
			oldest = e;
	}
	if (oldest != NULL && oldest->used_at + UNUSED_FOR > now)
		return NULL;
	return oldest;
}

static struct entry *find(struct shard *s, struct hash_id id, usec_t now)
{
	struct entry *e;

	for (uint64_t i = 0; i < entries_a_shard; i++)
		if (is_it(&s->entries[i], id)) {
			s->entries[i].used_at = now;
			return &s->entries[i];
		}
	e = find_room(s, now);
	if (e == NULL)
		return NULL;
	memset(e, 0, sizeof(*e));
	e->used_at = now;
	atomic_store(&e->id[0], id.word[0]);
	atomic_store(&e->id[1], id.word[1]);
	return e;
}

static unsigned shard_of(struct hash_id id)
{
	return (unsigned)(id.word[0] % SHARDS);
}

/* With its shard locked, until leave; NULL: behave as if there were none. */
static struct entry *enter(struct hash_id id, usec_t now)
{
	struct entry *e;
	void *shard;

	INSIST(id.word[0] != 0 || id.word[1] != 0);
	if (entries_a_shard == 0 ||
	    lock_enter(&locks, shard_of(id), &shard) != LOCK_OK)
		return NULL;
	e = find(shard, id, now);
	if (e == NULL)
		lock_leave(&locks, shard_of(id));
	return e;
}

static void leave(struct hash_id id)
{
	lock_leave(&locks, shard_of(id));
}

/* ---- what workers do ---- */

/* A table that was emptied takes no response away.  Another worker wrote it:
 * its length is checked. */
static bool take_over(struct staple_record *r,
    const struct staple_record *known)
{
	if (known->due != 0)
		r->due = known->due;
	r->failures = known->failures;
	r->fault = known->fault;
	if (known->stored_at == 0 || known->stored_at == r->stored_at ||
	    known->response_n > STAPLE_MAX)
		return false;
	r->stored_at = known->stored_at;
	r->good_until = known->good_until;
	r->status = known->status;
	r->response_n = known->response_n;
	memcpy(r->response, known->response, known->response_n);
	return true;
}

bool staples_read(struct hash_id id, struct staple_record *r, usec_t now)
{
	struct entry *e = enter(id, now);
	bool changed;

	if (e == NULL)
		return false;
	changed = take_over(r, &e->record);
	leave(id);
	return changed;
}

uint64_t staples_claim(struct hash_id id, usec_t now, usec_t patience)
{
	struct entry *e = enter(id, now);
	uint64_t claim;

	if (e == NULL)
		return STAPLES_ALONE;
	claim = claim_take(&e->claim, now, patience);
	leave(id);
	return claim;
}

static void show(struct entry *e)
{
	atomic_store(&e->seen_status, e->record.status);
	atomic_store(&e->seen_fault, e->record.fault);
	atomic_store(&e->seen_until, e->record.good_until);
}

/* Who else wants to fetch may do so when it is due, and not at once. */
bool staples_store(struct hash_id id, uint64_t claim,
    const struct staple_outcome *o, usec_t now, usec_t wall,
    unsigned *changed_r)
{
	struct entry *e = enter(id, now);
	bool ours;

	if (e == NULL)
		return false;
	ours = claim_is_mine(&e->claim, claim);
	if (ours) {
		*changed_r = staples_apply(&e->record, o, now, wall);
		show(e);
		ours = claim_end(&e->claim, claim, now + RETRY_FIRST);
	}
	leave(id);
	return ours;
}

/* ---- what the master sees ---- */

bool staples_peek(const void *table, uint64_t size, struct hash_id id,
    struct staple_view *view_r)
{
	const struct shard *s = (const struct shard *)(const void *)
	    ((const char *)table + shard_of(id) * shard_size(size));
	uint64_t count = entries_for(size);

	for (uint64_t i = 0; i < count; i++) {
		const struct entry *e = &s->entries[i];

		if (!is_it(e, id))
			continue;
		view_r->status =
		    (enum staple_status)atomic_load(&e->seen_status);
		view_r->fault = (enum staple_fault)atomic_load(&e->seen_fault);
		view_r->good_until = atomic_load(&e->seen_until);
		return true;
	}
	return false;
}
