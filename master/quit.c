/*
 * quit.c - TERM, INT and QUIT.
 *
 * Whatever way it ends: nothing is started any more, each worker is told,
 * addresses are closed as soon as their queues are empty (leave.c), and the
 * loop stops when the last child has been reaped.  So nothing outlives the
 * master, not even a worker that had to be killed.
 */
#include "master/quit.h"

#include <signal.h>

#include "common/base/log.h"
#include "master/leave.h"
#include "master/listen.h"
#include "master/notify.h"
#include "master/reload.h"
#include "master/retire.h"
#include "master/saved.h"
#include "master/world.h"

enum ending { RUNNING, DRAINING, STOPPING };

static enum ending ending;

const char *quit_state(void)
{
	static const char *const names[] = {NULL, "draining", "stopping"};

	return names[ending];
}

void quit_look(void)
{
	if (ending != RUNNING && list_empty(children()))
		events_stop();
}

/* Nothing is in force from here on, so nobody is started again. */
static void close_house(void)
{
	struct world *w = world_enforce(NULL);

	if (w != NULL)
		saved_hold(w->conf, w->segment);
	world_free(&w);
	listen_commit();
	leave_begin(NULL);
	quit_look();
}

static void kill_all(void)
{
	log_warning("asked to stop again: all workers are killed");
	LIST_FOREACH(at, children())
		kill(child_at(at)->pid, SIGKILL);
}

void quit_stop(void)
{
	if (ending == STOPPING) {
		kill_all();
		return;
	}
	log_info("stopping");
	ending = STOPPING;
	reload_abandon();
	notify_stopping();
	LIST_FOREACH(at, children())
		retire_stop(child_at(at), QUIT_STOP_PATIENCE);
	close_house();
}

void quit_drain(void)
{
	if (ending != RUNNING)
		return;
	log_info("draining, then ending");
	ending = DRAINING;
	reload_abandon();
	notify_draining();
	LIST_FOREACH(at, children())
		if (child_at(at)->world != NULL)
			retire_drain(child_at(at));
	close_house();
}
