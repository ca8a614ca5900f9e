/*
 * window.c - how many of late, and how many of them were errors.
 *
 * Runs in workers.
 *
 *	63                 40 39                 20 19                  0
 *	| start: 16 ms each  | total               | errors             |
 *
 * A window that is over goes on as the next one with half of what it held, so
 * that the rate at its beginning is not made of two or three requests.
 */
#include "worker/origin/window.h"

#define UNIT (16 * USEC_PER_MSEC)
#define COUNT_BITS 20
#define COUNT_MOST ((UINT64_C(1) << COUNT_BITS) - 1)
#define START_MOST ((UINT64_C(1) << 24) - 1)
#define WHOLE 1000000

static uint64_t start_at(usec_t t)
{
	return (uint64_t)(t / UNIT) & START_MOST;
}

struct window window_read(uint64_t word)
{
	return (struct window){
	    .total = (unsigned)(word >> COUNT_BITS & COUNT_MOST),
	    .errors = (unsigned)(word & COUNT_MOST)};
}

uint64_t window_add(uint64_t word, usec_t now, usec_t within, bool error)
{
	uint64_t length = (uint64_t)(within / UNIT);
	uint64_t start = word >> (2 * COUNT_BITS);
	uint64_t age = (start_at(now) - start) & START_MOST;
	struct window w = window_read(word);

	if (word == 0 || age > 2 * length) {
		w = (struct window){0, 0};
		start = start_at(now);
	} else if (age > length || w.total == COUNT_MOST) {
		w = (struct window){w.total / 2, w.errors / 2};
		start = start_at(now);
	}
	return start << (2 * COUNT_BITS) |
	    (uint64_t)(w.total + 1) << COUNT_BITS | (w.errors + error);
}

struct window window_note(_Atomic uint64_t *word, usec_t now, usec_t within,
    bool error)
{
	uint64_t before = atomic_load_explicit(word, memory_order_relaxed);
	uint64_t after;

	do
		after = window_add(before, now, within, error);
	while (!atomic_compare_exchange_weak(word, &before, after));
	return window_read(after);
}

bool window_exceeds(struct window w, unsigned least, uint32_t rate)
{
	return w.total >= least &&
	    (uint64_t)w.errors * WHOLE >= (uint64_t)w.total * rate;
}
