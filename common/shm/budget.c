/*
 * budget.c - how many requests may be sent again.
 *
 * Runs in workers.  When servers are in trouble every request fails, and each
 * one that is sent again is one more for those that are left.  A share of what
 * comes in bounds that, whatever the number of workers and of attempts.
 *
 * Clocks are those of the loops of several processes, a moment apart: who is
 * behind counts into the second that another has begun.
 */
#include "common/shm/budget.h"

#define COUNT_BITS 24
#define COUNT_MOST ((UINT64_C(1) << COUNT_BITS) - 1)
#define REMEMBERED 8 /* an eighth is forgotten each second */
#define FORGOTTEN 160 /* seconds after which nothing is left of any count */

struct budget {
	uint16_t second;
	uint64_t again;
	uint64_t requests;
};

static uint64_t keep(uint64_t count, unsigned seconds)
{
	while (seconds-- > 0)
		count -= (count + REMEMBERED - 1) / REMEMBERED;
	return count;
}

/* WORD as it is at NOW. */
static struct budget unpack(uint64_t word, usec_t now)
{
	uint16_t second = (uint16_t)(now / USEC_PER_SEC);
	struct budget b = {
	    .second = (uint16_t)(word >> 2 * COUNT_BITS),
	    .again = word >> COUNT_BITS & COUNT_MOST,
	    .requests = word & COUNT_MOST,
	};
	int16_t passed = (int16_t)(second - b.second);

	if (passed < -1 || passed > FORGOTTEN)
		return (struct budget){.second = second};
	if (passed <= 0)
		return b;
	return (struct budget){.second = second,
	    .again = keep(b.again, (unsigned)passed),
	    .requests = keep(b.requests, (unsigned)passed)};
}

static uint64_t pack(const struct budget *b)
{
	uint64_t again = b->again < COUNT_MOST ? b->again : COUNT_MOST;
	uint64_t requests =
	    b->requests < COUNT_MOST ? b->requests : COUNT_MOST;

	return (uint64_t)b->second << 2 * COUNT_BITS | again << COUNT_BITS |
	    requests;
}

void budget_add(budget_word *word, unsigned count, usec_t now)
{
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
	struct budget b;

	do {
		b = unpack(old, now);
		b.requests += count;
	} while (!atomic_compare_exchange_weak_explicit(word, &old, pack(&b),
	    memory_order_relaxed, memory_order_relaxed));
}

bool budget_take(budget_word *word, uint32_t share, usec_t now)
{
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
	struct budget b;

	do {
		b = unpack(old, now);
		b.again++;
		if (b.again * BUDGET_WHOLE > b.requests * share +
		    (uint64_t)BUDGET_FLOOR * REMEMBERED * BUDGET_WHOLE)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(word, &old, pack(&b),
	    memory_order_relaxed, memory_order_relaxed));
	return true;
}
