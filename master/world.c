/*
 * world.c - making and freeing generations.
 *
 * Runs in the master.  Generation numbers count attempts that got this far
 * and never come again, so a log tells apart the workers of a reload that
 * was rolled back and those of the next one.
 */
#include "master/world.h"

#include <stdlib.h>

#include "common/base/insist.h"
#include "master/logs.h"
#include "master/pairs.h"
#include "master/saved.h"

static unsigned generations;
static struct world *now;

static int open_logs(struct world *w, struct out *why)
{
	unsigned count = w->conf->log_file_count;
	int result = 0;

	w->logs = calloc(count, sizeof(*w->logs));
	INSIST(w->logs != NULL && count > 0);
	for (unsigned i = 0; i < count; i++) {
		w->logs[i] = logs_open(&w->conf->log_files[i], why);
		if (w->logs[i] < 0)
			result = -1;
	}
	return result;
}

int world_error_log(const struct world *w)
{
	INSIST_MAGIC(w, WORLD_MAGIC);
	return w->logs[w->conf->error_log.file];
}

static void view_sockets(struct world *w)
{
	unsigned count = w->conf->listener_count;

	w->listeners = calloc(count, sizeof(*w->listeners));
	INSIST(w->listeners != NULL);
	listen_view(w->conf, w->listeners);
	w->socket_slots = w->slot_count;
	for (unsigned i = 0; i < count; i++)
		if (w->listeners[i].fd_count > w->socket_slots)
			w->socket_slots = w->listeners[i].fd_count;
	INSIST(w->socket_slots <= LISTEN_SLOTS_MAX);
}

static void init_slots(struct world *w)
{
	for (unsigned i = 0; i < LISTEN_SLOTS_MAX; i++) {
		w->served_by[i] = WORLD_NOBODY;
		w->slots[i].world = w;
		w->slots[i].number = i;
		events_timer_init(&w->slots[i].respawn, NULL);
	}
}

_Static_assert((int)CONF_AREAS == (int)SEGMENT_AREAS, "one table of areas");

struct world *world_prepare(struct conf *conf, struct out *why)
{
	struct world *w = calloc(1, sizeof(*w));

	INSIST(w != NULL);
	w->magic = WORLD_MAGIC;
	w->conf = conf;
	w->slot_count = conf->workers;
	init_slots(w);
	w->segment = segment_make(conf->shared,
	    now != NULL ? now->segment : NULL, why);
	if (w->segment == NULL || open_logs(w, why) < 0 ||
	    listen_prepare(conf, why) < 0) {
		world_free(&w);
		return NULL;
	}
	if (now == NULL)
		saved_load(conf, w->segment);
	view_sockets(w);
	w->pairs = pairs_make(conf);
	w->generation = ++generations;
	return w;
}

void world_free(struct world **w_p)
{
	struct world *w = *w_p;

	*w_p = NULL;
	if (w == NULL)
		return;
	INSIST_MAGIC(w, WORLD_MAGIC);
	INSIST(w != now);
	for (unsigned i = 0; i < w->slot_count; i++)
		events_timer_clear(&w->slots[i].respawn);
	LIST_FOREACH(at, children())
		if (child_at(at)->world == w)
			child_at(at)->world = NULL;
	pairs_free(&w->pairs);
	conf_free(&w->conf);
	segment_free(&w->segment);
	free(w->listeners);
	free(w->logs);
	w->magic = 0;
	free(w);
}

bool world_is_ready(const struct world *w)
{
	for (unsigned i = 0; i < w->slot_count; i++)
		if (w->slots[i].child == NULL ||
		    w->slots[i].child->state != CHILD_READY)
			return false;
	return true;
}

struct world *world_now(void)
{
	return now;
}

struct world *world_enforce(struct world *w)
{
	struct world *former = now;

	INSIST(w == NULL || (w->magic == WORLD_MAGIC && !w->in_force));
	if (former != NULL)
		former->in_force = false;
	now = w;
	if (w != NULL)
		w->in_force = true;
	return former;
}
