/*
 * cache_entry.c - one entry of a shard: its parts, and the runs it takes.
 *
 * Runs in workers.  An entry has one to many runs of units:
 *
 *	head     header and texts, perhaps the body       while it is there
 *	growth   wake-ups and claim, what only a fetch needs    GROWTH
 *	record   if a 304 brought one that is larger than its room  RECORD_AT
 *	blocks   of the body                               a chain from BODY on
 *
 * Readers walk the chain without the lock, with a pin.  So a block is whole
 * before it is linked, SIZE grows after its bytes are there, and STATE changes
 * after SIZE.  The chain ends where START does not grow, whatever its links
 * say: nobody goes round in circles in what a mad process wrote.
 *
 * Who fetches touches its growth without the lock, until it has given back its
 * pin; so nobody else frees a growth, unless that process is dead.
 */
#include "common/shm/cache_entry.h"

#include <string.h>

#include "common/shm/cache_index.h"

#define INLINE_MAX 16384 /* body that lies in the head's run */

/* ---- parts ---- */

static uint64_t texts_size(const struct cache_entry *e)
{
	return (uint64_t)e->key_n + e->variant_n + e->spec_n + e->tags_n;
}

struct cache_entry *cache_entry_at(const struct cache_view *v, uint32_t at)
{
	struct cache_entry *e;

	if (!cache_is_run(v, at, 1))
		return NULL;
	e = cache_unit(v, at);
	if (!cache_is_run(v, at, CACHE_ENTRY_UNITS) || e->magic != CACHE_MAGIC ||
	    !cache_is_run(v, at, e->units) ||
	    sizeof(*e) + texts_size(e) + e->record_room + e->inline_n >
		(uint64_t)e->units * CACHE_UNIT)
		return NULL;
	return e;
}

uint64_t cache_entry_inline_for(int64_t length)
{
	return length > 0 && length <= INLINE_MAX ? (uint64_t)length : 0;
}

static uint64_t sum_of(const struct cache_texts *t)
{
	return t->key.text.n + t->variant.text.n + t->spec.n + t->tags.n;
}

uint32_t cache_entry_units(const struct cache_texts *t, uint64_t inline_n)
{
	return cache_units_for(sizeof(struct cache_entry) + sum_of(t) +
			       t->record.n + inline_n);
}

static char *put(char *to, struct str s)
{
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	return to + s.n;
}

static void put_texts(struct cache_entry *e, const struct cache_texts *t)
{
	char *to = (char *)(e + 1);

	to = put(to, t->key.text);
	to = put(to, t->variant.text);
	to = put(to, t->spec);
	to = put(to, t->tags);
	(void)put(to, t->record);
}

struct cache_entry *cache_entry_make(struct cache_view *v, uint32_t at,
    uint32_t units, const struct cache_texts *t, uint64_t inline_n)
{
	struct cache_entry *e = cache_unit(v, at);
	uint64_t room = (uint64_t)units * CACHE_UNIT - sizeof(*e) - sum_of(t);

	memset(e, 0, sizeof(*e));
	e->id = t->key.id;
	e->variant = t->variant.id;
	e->serial = ++v->shard->serial;
	e->units = e->total = units;
	e->node.owner = CACHE_OWNER_NONE;
	e->key_n = (uint16_t)t->key.text.n;
	e->variant_n = (uint16_t)t->variant.text.n;
	e->spec_n = (uint16_t)t->spec.n;
	e->tags_n = (uint16_t)t->tags.n;
	e->record_n = (uint32_t)t->record.n;
	e->inline_n = (uint32_t)inline_n;
	e->record_room = (uint32_t)(room - inline_n);
	put_texts(e, t);
	e->magic = CACHE_MAGIC;
	return e;
}

struct str cache_entry_key(const struct cache_entry *e)
{
	return str_make((const char *)(e + 1), e->key_n);
}

struct str cache_entry_variant(const struct cache_entry *e)
{
	return str_make(cache_entry_key(e).p + e->key_n, e->variant_n);
}

struct str cache_entry_spec(const struct cache_entry *e)
{
	return str_make(cache_entry_variant(e).p + e->variant_n, e->spec_n);
}

struct str cache_entry_tags(const struct cache_entry *e)
{
	return str_make(cache_entry_spec(e).p + e->spec_n, e->tags_n);
}

struct str cache_entry_record(const struct cache_view *v,
    const struct cache_entry *e)
{
	const char *p = cache_entry_tags(e).p + e->tags_n;
	uint64_t room = e->record_room;

	if (e->record_at != CACHE_NONE) {
		if (!cache_is_run(v, e->record_at, e->record_units))
			return STR_NONE;
		p = cache_unit(v, e->record_at);
		room = (uint64_t)e->record_units * CACHE_UNIT;
	}
	return e->record_n <= room ? str_make(p, e->record_n) : STR_NONE;
}

char *cache_entry_inline(struct cache_entry *e)
{
	return (char *)(e + 1) + texts_size(e) + e->record_room;
}

bool cache_entry_is(const struct cache_entry *e, const struct cache_key *key)
{
	return hash_id_eq(e->id, key->id) &&
	       str_eq(cache_entry_key(e), key->text);
}

bool cache_entry_is_variant(const struct cache_entry *e,
    const struct cache_variant *variant)
{
	return e->variant == variant->id &&
	       str_eq(cache_entry_variant(e), variant->text);
}

struct cache_block *cache_block_at(const struct cache_view *v, uint32_t at)
{
	struct cache_block *b;

	if (!cache_is_run(v, at, 1))
		return NULL;
	b = cache_unit(v, at);
	return cache_is_run(v, at, b->units) ? b : NULL;
}

uint64_t cache_block_room(const struct cache_block *b)
{
	return (uint64_t)b->units * CACHE_UNIT - sizeof(*b);
}

struct cache_growth *cache_growth_of(const struct cache_view *v,
    const struct cache_entry *e)
{
	if (!cache_is_run(v, e->growth, CACHE_GROWTH_UNITS))
		return NULL;
	return cache_unit(v, e->growth);
}

/* ---- runs ---- */

static uint32_t chain_runs(struct cache_view *v, uint32_t at, cache_run_fn *fn)
{
	uint64_t after = 0;
	uint32_t sum = 0;

	while (at != CACHE_NONE) {
		struct cache_block *b = cache_block_at(v, at);
		uint32_t next;

		if (b == NULL || (sum > 0 && b->start <= after))
			break;
		after = b->start;
		next = atomic_load(&b->next);
		sum += b->units;
		(void)fn(&v->blocks, at, b->units);
		at = next;
	}
	return sum;
}

uint32_t cache_entry_runs(struct cache_view *v, struct cache_entry *e,
    uint32_t at, cache_run_fn *fn)
{
	uint32_t sum = e->units + chain_runs(v, atomic_load(&e->body), fn);

	if (e->growth != CACHE_NONE)
		(void)fn(&v->blocks, e->growth, CACHE_GROWTH_UNITS);
	if (e->record_at != CACHE_NONE) {
		sum += e->record_units;
		(void)fn(&v->blocks, e->record_at, e->record_units);
	}
	(void)fn(&v->blocks, at, e->units);
	return sum;
}

/* ---- what is held ---- */

void cache_entry_hold(struct cache_view *v, struct cache_entry *e,
    enum cache_held which)
{
	if (e->held < 3)
		v->shard->held[e->held] -= e->total;
	e->held = (uint8_t)which;
	v->shard->held[which] += e->total;
}

void cache_entry_grew(struct cache_view *v, struct cache_entry *e, uint32_t n)
{
	e->total += n;
	cache_queue_weigh(&v->queue, cache_at_of(v, e), e->total);
	if (e->held < 3)
		v->shard->held[e->held] += n;
}

void cache_entry_shrank(struct cache_view *v, struct cache_entry *e,
    uint32_t n)
{
	e->total -= n;
	cache_queue_weigh(&v->queue, cache_at_of(v, e), e->total);
	if (e->held < 3)
		v->shard->held[e->held] -= n;
}

/* ---- ends ---- */

static bool is_fetched(const struct cache_entry *e)
{
	uint32_t state = atomic_load(&e->state);

	return state == CACHE_STATE_FETCHING || state == CACHE_STATE_GROWING;
}

/* What the last block has too much. */
static void trim(struct cache_view *v, struct cache_entry *e)
{
	struct cache_block *b =
	    e->last != CACHE_NONE ? cache_block_at(v, e->last) : NULL;
	uint64_t size = atomic_load(&e->size);
	uint32_t n, had;

	if (b == NULL || size < b->start ||
	    size - b->start > cache_block_room(b))
		return;
	had = b->units;
	n = cache_units_for(sizeof(*b) + (size - b->start));
	if (n == had)
		return;
	b->units = n;
	cache_entry_shrank(v, e, had - n);
	(void)cache_blocks_give(&v->blocks, e->last + n, had - n);
}

static void end_growth(struct cache_view *v, struct cache_entry *e)
{
	uint32_t at = e->growth;

	e->growth = CACHE_NONE;
	(void)cache_blocks_give(&v->blocks, at, CACHE_GROWTH_UNITS);
	trim(v, e);
}

/* What was held as growing is held by its readers, as soon as there is room
 * for that. */
static void hold_anew(struct cache_view *v, struct cache_entry *e)
{
	if (e->pins == 0)
		cache_entry_hold(v, e, CACHE_HELD_NOT);
	else if (e->held == CACHE_HELD_GROWTH && e->growth == CACHE_NONE &&
		 v->shard->held[CACHE_HELD_READ] + e->total <= v->units / 4)
		cache_entry_hold(v, e, CACHE_HELD_READ);
}

void cache_entry_settle(struct cache_view *v, struct cache_entry *e,
    uint32_t at)
{
	struct cache_growth *g = cache_growth_of(v, e);

	if (g != NULL && !is_fetched(e) && g->seat == (uint32_t)seat_number())
		end_growth(v, e);
	hold_anew(v, e);
	if (e->pins > 0 || e->indexed)
		return;
	e->magic = 0;
	(void)cache_entry_runs(v, e, at, cache_blocks_give);
}

void cache_entry_orphan(struct cache_view *v, uint32_t at, int seat,
    struct wake_set *wake)
{
	struct cache_entry *e = cache_entry_at(v, at);
	struct cache_growth *g = e != NULL ? cache_growth_of(v, e) : NULL;

	if (g == NULL || (g->seat != (uint32_t)seat && !e->outgrown))
		return;
	for (int i = 0; i < SEAT_COUNT / 64; i++)
		atomic_fetch_or(&wake->seats[i],
		    atomic_load(&g->wake.seats[i]));
	if (g->seat != (uint32_t)seat)
		return;
	if (is_fetched(e))
		atomic_store(&e->state, CACHE_STATE_BROKEN);
	end_growth(v, e);
	if (atomic_load(&e->state) == CACHE_STATE_BROKEN)
		cache_index_remove(v, e, at);
}
