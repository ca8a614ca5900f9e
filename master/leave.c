/*
 * leave.c - closing addresses that left the configuration.
 *
 * A worker that hangs can't say "left"; after a second nobody is waited for.
 */
#include "master/leave.h"

#include "common/base/insist.h"
#include "master/listen.h"

#define PATIENCE (1 * USEC_PER_SEC)

static void close_now(struct events_timer *t);

static struct events_timer patience = {
    .fire = close_now, .link = {&patience.link, &patience.link}};

static void (*on_done)(void);

static void close_now(struct events_timer *t)
{
	events_timer_clear(t);
	listen_end_leaving();
	if (on_done != NULL)
		on_done();
}

void leave_look(void)
{
	if (patience.due == 0)
		return;
	LIST_FOREACH(at, children())
		if (child_at(at)->leave_due)
			return;
	close_now(&patience);
}

void leave_begin(void (*done)(void))
{
	on_done = done;
	events_timer_set(&patience, PATIENCE);
	leave_look();
}

void leave_heard(struct child *c)
{
	INSIST(c->leave_due);
	c->leave_due = false;
	leave_look();
}
