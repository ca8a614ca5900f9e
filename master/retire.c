/*
 * retire.c - draining and stopping.
 *
 * What a worker is told, and what happens if it does not do it:
 *
 *   drain ────── drain ──────┬── until drain_websocket ──┬─ 2 s ─ SIGKILL
 *   finishes its exchanges   │ only tunnels are left     │ end_tunnels
 *
 *   stop ── patience ── 2 s ── SIGKILL
 *
 * The worker keeps its own time; the master's timers are for those that
 * can't.  The watchdog goes on watching all of them.
 */
#include "master/retire.h"

#include "common/base/insist.h"
#include "common/base/log.h"
#include "master/world.h"

/* Its slot, if it has one, forgets it: so its world won't replace it. */
static void leave_world(struct child *c)
{
	INSIST_MAGIC(c, CHILD_MAGIC);
	if (c->world != NULL)
		c->world->slots[c->slot].child = NULL;
	c->world = NULL;
}

void retire_stop(struct child *c, usec_t patience)
{
	INSIST(patience >= 0);
	leave_world(c);
	if (c->state == CHILD_READY)
		c->leave_due = !c->said_left;
	child_set_state(c, CHILD_STOPPING);
	events_timer_clear(&c->tunnels);
	child_send(c, MESSAGE_stop, patience, -1);
	child_kill_after(c, patience + CHILD_GRACE);
}

void retire_drain(struct child *c)
{
	usec_t longest = c->drain_tunnels;

	if (c->state == CHILD_STARTING) {
		retire_stop(c, 0);
		return;
	}
	INSIST(c->state == CHILD_READY);
	leave_world(c);
	c->leave_due = !c->said_left;
	child_set_state(c, CHILD_DRAINING);
	child_send(c, MESSAGE_drain, c->drain, -1);
	if (longest < c->drain)
		longest = c->drain;
	events_timer_set(&c->tunnels, longest);
}

/* So that each generation is counted once. */
static bool is_first_of_generation(const struct child *c)
{
	LIST_FOREACH(at, children()) {
		const struct child *other = child_at(at);

		if (other == c)
			return true;
		if (other->state == CHILD_DRAINING &&
		    other->generation == c->generation)
			return false;
	}
	return true;
}

unsigned retire_generations(void)
{
	unsigned count = 0;

	LIST_FOREACH(at, children())
		if (child_at(at)->state == CHILD_DRAINING &&
		    is_first_of_generation(child_at(at)))
			count++;
	return count;
}

static struct child *oldest(void)
{
	struct child *found = NULL;

	LIST_FOREACH(at, children()) {
		struct child *c = child_at(at);

		if (c->state == CHILD_DRAINING &&
		    (found == NULL || c->generation < found->generation))
			found = c;
	}
	return found;
}

static void end_tunnels_of(unsigned generation)
{
	LIST_FOREACH(at, children()) {
		struct child *c = child_at(at);

		if (c->state == CHILD_DRAINING && c->generation == generation &&
		    c->tunnels.due != 0)
			events_timer_set(&c->tunnels, 0);
	}
}

usec_t retire_make_room(void)
{
	const struct child *c = oldest();
	usec_t left;

	if (c == NULL || retire_generations() < RETIRE_GENERATIONS_MAX)
		return 0;
	left = c->since + c->drain - events_now();
	if (left > 0)
		return left;
	end_tunnels_of(c->generation);
	return 0;
}
