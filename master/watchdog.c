/*
 * watchdog.c - a worker that does not turn is aborted.
 *
 * A worker stamps its seat at each turn of its loop.  One that has not for
 * conf->watchdog gets SIGABRT, so that it leaves its last words, and SIGCONT,
 * because a stopped process can't even die of the first; 2 s later SIGKILL.
 * What is still starting has no loop yet and counts from its fork.
 *
 * If the master itself did not run (stopped, or the machine was), stamps are
 * old through no fault of the workers: they start to count anew.
 */
#include "master/watchdog.h"

#include <signal.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "master/child.h"

#define EVERY (250 * USEC_PER_MSEC)
#define STALL (1 * USEC_PER_SEC) /* our own, that excuses the workers */

static void look(struct events_timer *t);

static struct events_timer timer = {
    .fire = look, .link = {&timer.link, &timer.link}};
static usec_t last_look;
static usec_t nobody_before; /* see watchdog_is_late: FLOOR */

bool watchdog_is_late(usec_t stamp, usec_t floor, usec_t now, usec_t patience)
{
	INSIST(patience > 0 && floor <= now);
	if (stamp > now)
		return false;
	if (stamp < floor)
		stamp = floor;
	return now - stamp > patience;
}

static usec_t stamp_of(const struct child *c)
{
	if (c->state == CHILD_STARTING)
		return c->since;
	return atomic_load(&seat_at(c->seat)->stamp);
}

static void bite(struct child *c)
{
	log_error("%s has hung for %lld s: aborted", child_name(c),
	    (long long)(c->watchdog / USEC_PER_SEC));
	c->aborted = true;
	kill(c->pid, SIGABRT);
	kill(c->pid, SIGCONT);
	child_kill_after(c, CHILD_GRACE);
}

static void look(struct events_timer *t)
{
	usec_t now = events_now();

	if (now - last_look > EVERY + STALL)
		nobody_before = now;
	last_look = now;
	LIST_FOREACH(at, children()) {
		struct child *c = child_at(at);

		if (!c->aborted && watchdog_is_late(stamp_of(c),
				       nobody_before, now, c->watchdog))
			bite(c);
	}
	events_timer_set(t, EVERY);
}

void watchdog_start(void)
{
	last_look = nobody_before = events_now();
	events_timer_set(&timer, EVERY);
}
