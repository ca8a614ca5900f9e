/*
 * claim.c - work that exactly one process does, and does again later.
 *
 * Runs in workers, on words in the segment.
 *
 *	63     62           55 54          40 39                        0
 *	| held | seat        | count        | expiry: msec, monotonic    |
 *
 * COUNT grows with each taking and ending, so no two claims of a word are
 * alike within 32768 of them, and a late claim_end finds another word.  All
 * changes are compare-and-swap from the word that was looked at.
 */
#include "common/shm/claim.h"

#include "common/base/insist.h"
#include "common/shm/seat.h"

#define HELD (UINT64_C(1) << 63)
#define EXPIRY_BITS 40
#define EXPIRY_MOST ((UINT64_C(1) << EXPIRY_BITS) - 1)
#define COUNT_BITS 15

static uint64_t expiry_of(uint64_t word)
{
	return word & EXPIRY_MOST;
}

static uint64_t next_count(uint64_t word)
{
	uint64_t count = word >> EXPIRY_BITS;

	return (count + 1) & ((UINT64_C(1) << COUNT_BITS) - 1);
}

/* Rounded up: nothing is due early. */
static uint64_t msec_of(usec_t t)
{
	uint64_t msec = (uint64_t)(t + USEC_PER_MSEC - 1) / USEC_PER_MSEC;

	return msec < EXPIRY_MOST ? msec : EXPIRY_MOST;
}

static uint64_t make(uint64_t before, uint64_t who, usec_t expiry)
{
	return who | next_count(before) << EXPIRY_BITS | msec_of(expiry);
}

usec_t claim_due(const claim_word *word)
{
	return (usec_t)expiry_of(atomic_load_explicit(word,
	    memory_order_relaxed)) * USEC_PER_MSEC;
}

uint64_t claim_take(claim_word *word, usec_t now, usec_t patience)
{
	uint64_t seat = (uint64_t)seat_number();
	uint64_t before = atomic_load(word);
	uint64_t mine;

	_Static_assert(SEAT_COUNT <= 256, "a seat has 8 bits");
	if ((usec_t)expiry_of(before) * USEC_PER_MSEC > now)
		return 0;
	mine = make(before, HELD | seat << (EXPIRY_BITS + COUNT_BITS),
	    now + patience);
	return atomic_compare_exchange_strong(word, &before, mine) ? mine : 0;
}

bool claim_is_mine(const claim_word *word, uint64_t claim)
{
	return atomic_load(word) == claim;
}

bool claim_end(claim_word *word, uint64_t claim, usec_t next)
{
	INSIST((claim & HELD) != 0);
	return atomic_compare_exchange_strong(word, &claim,
	    make(claim, 0, next));
}

void claim_give_back(claim_word *word, int seat, usec_t now)
{
	uint64_t w = atomic_load(word);
	uint64_t who = w >> (EXPIRY_BITS + COUNT_BITS) & 0xff;

	if ((w & HELD) != 0 && who == (uint64_t)seat)
		(void)atomic_compare_exchange_strong(word, &w,
		    make(w, 0, now));
}
