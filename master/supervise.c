/*
 * supervise.c - starting workers, and starting them again.
 *
 * A worker that was ready is replaced at once, however often it dies: a delay
 * would hand whoever can crash a worker a way to close the whole door.  What
 * ends before it is ready has served nobody, so there a doubling delay costs
 * nothing and spares the machine.  In a slot that has been healthy the first
 * such end is taken for an accident.
 *
 * A fork is always made from a timer or from supervise_start, never deep in
 * something else: WORLD.CHANGED is the last act, because it may free W.
 */
#include "master/supervise.h"

#include "common/base/insist.h"
#include "common/base/log.h"
#include "master/cover.h"
#include "master/hear.h"
#include "master/retire.h"

#define DELAY_FIRST (100 * USEC_PER_MSEC)
#define DELAY_LONGEST (30 * USEC_PER_SEC)

usec_t supervise_delay(unsigned failures, bool was_ready)
{
	usec_t delay = DELAY_FIRST;

	if (was_ready && failures > 0)
		failures--;
	if (failures == 0)
		return 0;
	while (--failures > 0 && delay < DELAY_LONGEST)
		delay *= 2;
	return delay < DELAY_LONGEST ? delay : DELAY_LONGEST;
}

static void start_later(struct slot *s)
{
	events_timer_set(&s->respawn,
	    supervise_delay(s->failures, s->was_ready));
}

static void start(struct slot *s)
{
	INSIST(s->child == NULL);
	s->child = child_fork(s->world, s->number, hear_channel);
	if (s->child != NULL)
		return;
	s->failures++;
	start_later(s);
}

static void respawn(struct events_timer *t)
{
	struct slot *s = container_of(t, struct slot, respawn);

	start(s);
	if (s->child == NULL)
		s->world->changed(s->world);
}

void supervise_start(struct world *w)
{
	INSIST_MAGIC(w, WORLD_MAGIC);
	INSIST(w->changed != NULL);
	for (unsigned i = 0; i < w->slot_count; i++) {
		w->slots[i].respawn.fire = respawn;
		start(&w->slots[i]);
	}
}

void supervise_ready(struct child *c)
{
	struct slot *s;

	INSIST_MAGIC(c, CHILD_MAGIC);
	if (c->world == NULL)
		return; /* it was told to stop meanwhile */
	s = &c->world->slots[c->slot];
	INSIST(s->child == c && c->state == CHILD_STARTING);
	child_set_state(c, CHILD_READY);
	log_info("%s is ready", child_name(c));
	s->failures = 0;
	s->was_ready = true;
	c->world->changed(c->world);
}

void supervise_left(struct child *c)
{
	struct world *w = c->world;
	unsigned slot = c->slot;

	INSIST_MAGIC(w, WORLD_MAGIC);
	INSIST(w->slots[slot].child == c);
	log_warning("%s goes by itself", child_name(c));
	cover_lost(w, slot);
	retire_drain(c);
	start_later(&w->slots[slot]);
	w->changed(w);
}

void supervise_ended(struct child *c)
{
	struct world *w = c->world;
	struct slot *s;

	INSIST_MAGIC(c, CHILD_MAGIC);
	if (w == NULL) {
		child_free(&c);
		return;
	}
	s = &w->slots[c->slot];
	INSIST(s->child == c);
	s->child = NULL;
	s->failures = c->state == CHILD_STARTING ? s->failures + 1 : 0;
	cover_lost(w, c->slot);
	child_free(&c);
	start_later(s);
	w->changed(w);
}
