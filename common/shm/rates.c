/*
 * rates.c - how often something happened, of all workers together.
 *
 * Runs in workers; the master makes the area.
 *
 *	a set    | word | word | word | word |            SETS of them
 *
 *	63           46 45                         0
 *	| who, 18 bits | settled: in 4 microseconds |
 *
 * A word is one who does something, and when all that it did will be settled,
 * if each time costs a share of the period: the later, the more it did (this is
 * GCRA, the leaky bucket that needs no count).  It may be as far ahead as a
 * period.  All changes are compare-and-swap: there is no lock, and nothing to
 * be repaired.  Of a full set who has the least to settle is forgotten.
 *
 * Two of a set that agree in 18 bits more are taken for one: one in 65000.
 */
#include "common/shm/rates.h"

#include <stdatomic.h>

#include "common/base/insist.h"

#define LAYOUT 1
#define SETS 16384
#define WAYS 4
#define TIME_BITS 46
#define TIME_MOST ((UINT64_C(1) << TIME_BITS) - 1)
#define TICK 4 /* microseconds */

struct table {
	_Atomic uint64_t words[SETS][WAYS];
};

static struct table *table;

struct area_shape rates_shape(uint64_t size)
{
	(void)size;
	return (struct area_shape){.name = "rates",
	    .version = LAYOUT,
	    .geometry = {SETS, WAYS, 0},
	    .size = sizeof(struct table)};
}

/* What is new is empty. */
void rates_create(void *area, uint64_t size)
{
	(void)area;
	(void)size;
}

void rates_enter(void *area, uint64_t size)
{
	(void)size;
	table = area;
}

static uint64_t name_of(uint64_t word)
{
	return word >> TIME_BITS;
}

static usec_t settled(uint64_t word)
{
	return (usec_t)(word & TIME_MOST) * TICK;
}

static uint64_t pack(uint64_t name, usec_t when)
{
	uint64_t ticks = ((uint64_t)when + TICK - 1) / TICK;

	return name << TIME_BITS | (ticks < TIME_MOST ? ticks : TIME_MOST);
}

/* The word of NAME, or the one that gives way; its value in *word_r. */
static _Atomic uint64_t *find(_Atomic uint64_t *set, uint64_t name,
    uint64_t *word_r)
{
	_Atomic uint64_t *least = NULL;

	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t word = atomic_load(&set[i]);

		if (word != 0 && name_of(word) == name) {
			*word_r = word;
			return &set[i];
		}
		if (least == NULL || settled(word) < settled(*word_r)) {
			least = &set[i];
			*word_r = word;
		}
	}
	return least;
}

bool rates_take(uint64_t who, uint32_t count, usec_t over, usec_t now)
{
	uint64_t name = who >> TIME_BITS;
	_Atomic uint64_t *set = table->words[who % SETS];
	_Atomic uint64_t *at;
	uint64_t word;
	usec_t until;

	INSIST(count > 0 && over > 0);
	do {
		at = find(set, name, &word);
		until = name_of(word) == name ? settled(word) : 0;
		if (until < now)
			until = now;
		until += over / count;
		if (until > now + over + TICK)
			return false;
	} while (!atomic_compare_exchange_weak(at, &word, pack(name, until)));
	return true;
}
