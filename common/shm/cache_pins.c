/*
 * cache_pins.c - which entries of a shard this process, and each other, uses.
 *
 * Runs in workers.  Each seat has a table for each shard, outside of the shard:
 *
 *	top | entry, count, told | entry, count, told | ...
 *
 * The table is the truth, and an entry's own count (its PINS) a sum of it that
 * can be had at once: a reset adds it up anew.  So the table is written first,
 * and in the same critical section.  Who dies before it counted nothing; who
 * dies after it has a pin more than it knows of, which is given back with its
 * seat; in both cases the shard is reset.
 *
 * Where in the table an entry stands is known to the process alone (struct
 * mine): a list for each hash, and of what it has itself written a copy, since
 * the table can be written by every process.
 *
 * A hit takes the lock to find and pin its body, and would take it once more
 * to unpin it.  So a small body is only noted (OWED) and given back with the
 * next lock of the shard that this process takes anyway.
 */
#include "common/shm/cache_pins.h"

#include <string.h>

#include "common/base/insist.h"
#include "common/shm/cache_entry.h"

#define HEADS 256

_Static_assert(sizeof(struct cache_pins) == 16384, "four pages");

static struct mine {
	bool begun;	  /* the table was cleared of a predecessor's pins */
	unsigned top;	  /* slots behind were never used */
	unsigned freed_n; /* slots before, in FREED */
	unsigned owing_n; /* slots with something OWED */
	uint16_t heads[HEADS]; /* slot + 1 */
	uint16_t next[CACHE_PINS];
	uint16_t freed[CACHE_PINS];
	uint16_t owing[CACHE_PINS];
	uint32_t owed[CACHE_PINS];
	struct cache_pin at[CACHE_PINS];
} mine[CACHE_SHARDS_MAX];

static struct cache_pins *tables; /* SEAT_COUNT for each shard */

void cache_pins_use(void *table, unsigned shards)
{
	INSIST(shards <= CACHE_SHARDS_MAX);
	tables = table;
	for (unsigned i = 0; i < CACHE_SHARDS_MAX; i++)
		if (mine[i].begun) /* else it was never written to */
			memset(&mine[i], 0, sizeof(mine[i]));
}

struct cache_pins *cache_pins_of(unsigned shard, int seat)
{
	INSIST(shard < cache_shards() && seat >= 0 && seat < SEAT_COUNT);
	return &tables[shard * SEAT_COUNT + (unsigned)seat];
}

/* ---- slots ---- */

static uint16_t *head_of(struct mine *m, uint32_t at)
{
	return &m->heads[at * 2654435761u >> 24];
}

/* Slot + 1, or 0. */
static unsigned look_up(struct mine *m, uint32_t at)
{
	unsigned i = *head_of(m, at);

	while (i != 0 && m->at[i - 1].at != at)
		i = m->next[i - 1];
	return i;
}

static unsigned take_slot(struct mine *m, struct cache_pins *table,
    uint32_t at)
{
	unsigned slot;

	if (m->freed_n > 0)
		slot = m->freed[--m->freed_n];
	else if (m->top < CACHE_PINS)
		slot = m->top++;
	else
		return 0;
	m->at[slot] = (struct cache_pin){.at = at};
	m->next[slot] = *head_of(m, at);
	*head_of(m, at) = (uint16_t)(slot + 1);
	table->at[slot] = m->at[slot];
	table->top = m->top;
	return slot + 1;
}

static void free_slot(struct mine *m, unsigned slot)
{
	uint16_t *p = head_of(m, m->at[slot].at);

	while (*p != slot + 1) {
		INSIST(*p != 0);
		p = &m->next[*p - 1];
	}
	*p = m->next[slot];
	m->freed[m->freed_n++] = (uint16_t)slot;
}

/* ---- pins ---- */

/* Readers may hold a quarter of the shard; one that is being fetched is
 * counted with the fetches. */
static bool is_crowded(const struct cache_view *v, const struct cache_entry *e)
{
	return e->pins == 0 &&
	       v->shard->held[CACHE_HELD_READ] + e->total > v->units / 4;
}

bool cache_pin(struct cache_view *v, uint32_t at, struct cache_object *o)
{
	struct cache_pins *table = cache_pins_of(v->number, seat_number());
	struct cache_entry *e = cache_entry_at(v, at);
	struct mine *m = &mine[v->number];
	unsigned slot = look_up(m, at);
	bool growing = e->growth != CACHE_NONE;

	if (!growing && is_crowded(v, e))
		return false;
	if (slot == 0)
		slot = take_slot(m, table, at);
	if (slot == 0)
		return false;
	slot--;
	table->at[slot].count = ++m->at[slot].count;
	e->pins++;
	if (e->held == CACHE_HELD_NOT)
		cache_entry_hold(v, e,
		    growing ? CACHE_HELD_GROWTH : CACHE_HELD_READ);
	*o = (struct cache_object){
	    .shard = v->number, .at = at, .slot = slot};
	return true;
}

/* What becomes of an entry with N pins less. */
static void drop(struct cache_view *v, uint32_t at, uint32_t n)
{
	struct cache_entry *e = cache_entry_at(v, at);

	if (e == NULL)
		return;
	e->pins -= n < e->pins ? n : e->pins;
	cache_entry_settle(v, e, at);
}

static void unpin(struct cache_view *v, uint32_t slot, uint32_t n)
{
	struct mine *m = &mine[v->number];
	uint32_t at = m->at[slot].at;

	INSIST(slot < m->top && m->at[slot].count >= n);
	m->at[slot].count -= n;
	cache_pins_of(v->number, seat_number())->at[slot].count =
	    m->at[slot].count;
	if (m->at[slot].count == 0)
		free_slot(m, slot);
	drop(v, at, n);
}

void cache_unpin(struct cache_view *v, uint32_t slot)
{
	unpin(v, slot, 1);
}

/* ---- what is told ---- */

struct cache_pin *cache_pins_mine(unsigned shard, uint32_t slot)
{
	INSIST(slot < CACHE_PINS);
	return &cache_pins_of(shard, seat_number())->at[slot];
}

uint64_t cache_pins_told(const struct cache_view *v, uint32_t at)
{
	uint32_t seats = atomic_load(&cache_head->seats);
	uint64_t told = UINT64_MAX;

	for (uint32_t seat = 0; seat < seats && seat < SEAT_COUNT; seat++) {
		struct cache_pins *t = cache_pins_of(v->number, (int)seat);

		for (uint32_t i = 0; i < t->top && i < CACHE_PINS; i++)
			if (t->at[i].at == at && t->at[i].count > 0 &&
			    t->at[i].told < told)
				told = t->at[i].told;
	}
	return told;
}

/* ---- put off ---- */

unsigned cache_pins_put_off(const struct cache_object *o)
{
	struct mine *m = &mine[o->shard];

	INSIST(o->shard < cache_shards() && o->slot < m->top);
	INSIST(m->at[o->slot].at == o->at);
	INSIST(m->owed[o->slot] < m->at[o->slot].count);
	if (m->owed[o->slot]++ == 0)
		m->owing[m->owing_n++] = (uint16_t)o->slot;
	return m->owing_n;
}

bool cache_pins_is_owing(unsigned shard)
{
	return mine[shard].owing_n > 0;
}

void cache_pins_settle(struct cache_view *v)
{
	struct mine *m = &mine[v->number];

	if (!m->begun) {
		struct wake_set nobody = {.seats = {0}};

		m->begun = true;
		cache_pins_clear(v, seat_number(), &nobody);
	}
	for (unsigned n = 0; n < 64 && m->owing_n > 0; n++) {
		uint32_t slot = m->owing[--m->owing_n];
		uint32_t owed = m->owed[slot];

		m->owed[slot] = 0;
		unpin(v, slot, owed);
	}
}

/* ---- the dead ---- */

void cache_pins_clear(struct cache_view *v, int seat, struct wake_set *wake)
{
	struct cache_pins *table = cache_pins_of(v->number, seat);
	uint32_t top = table->top < CACHE_PINS ? table->top : CACHE_PINS;

	for (uint32_t i = 0; i < top; i++) {
		struct cache_pin p = table->at[i];

		if (p.count == 0)
			continue;
		cache_entry_orphan(v, p.at, seat, wake);
		table->at[i].count = 0;
		drop(v, p.at, p.count);
	}
	table->top = 0;
}
