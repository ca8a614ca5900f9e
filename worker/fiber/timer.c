/*
 * timer.c - timers: a hierarchical wheel of 1 ms ticks.
 *
 * Runs in workers.  One idea: a timer lies at the level of the highest
 * 6-bit digit in which its tick differs from the present one, in the slot
 * that this digit names.
 *
 *   tick of the wheel    ... 0 0 2 | 17 | 40
 *   due at               ... 0 0 2 | 17 | 55   level 0, slot 55
 *   due at               ... 0 0 2 | 20 |  3   level 1, slot 20
 *   due at               ... 0 0 3 |  0 |  0   level 2, slot  3
 *
 * So everything at a level is due before anything at the level above, and
 * the next moment at which something happens is the lowest bit of the lowest
 * level's bitmap: no search.  When the wheel gets there, the slot's timers are
 * placed again, one level down or more, or are due.  Nine levels hold every
 * tick that a usec_t can name, DEADLINE_NEVER too.
 *
 * Invariants: wheel.tick is never ahead of the clock; what lies in a slot is
 * due after wheel.tick, all else is in the list of what is due.  A tick is
 * reached when the clock has passed all of it, so nothing fires early; it
 * fires at most a tick late, plus what the turn takes.
 */
#include <string.h>

#include "common/base/insist.h"
#include "worker/fiber/inside.h"

#define DIGIT 6
#define SLOTS (1U << DIGIT)
#define LEVELS 9

static struct {
	uint64_t tick;
	uint64_t used[LEVELS]; /* a bit for each slot that has timers */
	unsigned used_levels;  /* a bit for each level that has any */
	struct list due;
	struct list slots[LEVELS][SLOTS];
} wheel;

_Static_assert(INT64_MAX / USEC_PER_MSEC >> (DIGIT * LEVELS) == 0,
    "the wheel must hold all ticks");

void timer_open(usec_t now)
{
	memset(&wheel, 0, sizeof(wheel));
	wheel.tick = (uint64_t)(now / USEC_PER_MSEC);
	list_init(&wheel.due);
	for (unsigned level = 0; level < LEVELS; level++)
		for (unsigned slot = 0; slot < SLOTS; slot++)
			list_init(&wheel.slots[level][slot]);
}

/* The first tick that begins at DUE or later. */
static uint64_t tick_of(usec_t due)
{
	return (uint64_t)(due / USEC_PER_MSEC + (due % USEC_PER_MSEC != 0));
}

/* Of a tick after the wheel's. */
static unsigned level_of(uint64_t tick)
{
	return (63U - (unsigned)__builtin_clzll(tick ^ wheel.tick)) / DIGIT;
}

static unsigned slot_of(uint64_t tick, unsigned level)
{
	return (unsigned)(tick >> (DIGIT * level)) % SLOTS;
}

static void place(struct timer *t)
{
	uint64_t tick = tick_of(t->due);
	unsigned level, slot;

	if (tick <= wheel.tick) {
		list_add_tail(&wheel.due, &t->link);
		return;
	}
	level = level_of(tick);
	slot = slot_of(tick, level);
	list_add_tail(&wheel.slots[level][slot], &t->link);
	wheel.used[level] |= UINT64_C(1) << slot;
	wheel.used_levels |= 1U << level;
}

static void mark_unused(unsigned level, unsigned slot)
{
	wheel.used[level] &= ~(UINT64_C(1) << slot);
	if (wheel.used[level] == 0)
		wheel.used_levels &= ~(1U << level);
}

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
	list_init(&t->link);
	t->due = 0;
	t->fire = fire;
}

void timer_set(struct timer *t, usec_t due)
{
	INSIST(due > 0 && t->fire != NULL);
	timer_clear(t);
	t->due = due;
	place(t);
}

void timer_clear(struct timer *t)
{
	uint64_t tick = tick_of(t->due);
	unsigned level, slot;

	if (!timer_is_set(t))
		return;
	t->due = 0;
	list_del(&t->link);
	if (tick <= wheel.tick)
		return;
	level = level_of(tick);
	slot = slot_of(tick, level);
	if (list_empty(&wheel.slots[level][slot]))
		mark_unused(level, slot);
}

/* The next tick at which a slot is due; there is one. */
static uint64_t next_tick(unsigned *level_r, unsigned *slot_r)
{
	unsigned level = (unsigned)__builtin_ctz(wheel.used_levels);
	unsigned slot = (unsigned)__builtin_ctzll(wheel.used[level]);
	unsigned shift = DIGIT * level;

	*level_r = level;
	*slot_r = slot;
	return wheel.tick >> (shift + DIGIT) << (shift + DIGIT) |
	    (uint64_t)slot << shift;
}

usec_t timer_distance(usec_t now)
{
	unsigned level, slot;
	usec_t due;

	if (!list_empty(&wheel.due))
		return 0;
	if (wheel.used_levels == 0)
		return DEADLINE_NEVER;
	due = (usec_t)next_tick(&level, &slot) * USEC_PER_MSEC;
	return due > now ? due - now : 0;
}

/* Slot by slot, as they come; each one's timers find their new places. */
static void turn_to(uint64_t tick)
{
	unsigned level, slot;
	uint64_t next;
	struct list timers;
	struct list *link;

	list_init(&timers);
	while (wheel.used_levels != 0) {
		next = next_tick(&level, &slot);
		if (next > tick)
			break;
		wheel.tick = next;
		mark_unused(level, slot);
		list_move_all(&timers, &wheel.slots[level][slot]);
		while ((link = list_pop(&timers)) != NULL)
			place(container_of(link, struct timer, link));
	}
	wheel.tick = tick;
}

/* What a timer sets while it fires waits for the next turn, even if due. */
void timer_fire_due(usec_t now)
{
	uint64_t tick = (uint64_t)(now / USEC_PER_MSEC);
	struct list firing;
	struct list *link;

	if (tick > wheel.tick)
		turn_to(tick);
	list_init(&firing);
	list_move_all(&firing, &wheel.due);
	while ((link = list_pop(&firing)) != NULL) {
		struct timer *t = container_of(link, struct timer, link);

		t->due = 0;
		t->fire(t);
	}
}
