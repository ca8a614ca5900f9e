/*
 * rotate.c - reopening the logs: USR1, sluicectl reopen.
 *
 * The master opens, because workers open nothing by name.  Each worker that
 * lives, draining ones too, gets the new descriptors over its channel, swaps
 * between two writes and says so.  When the last has said it, no line goes to
 * the old files any more: they may be compressed.
 */
#include "master/rotate.h"

#include <errno.h>

#include "common/base/log.h"
#include "common/base/out.h"
#include "master/logs.h"
#include "master/world.h"

static void conclude(struct events_timer *t);

static struct events_timer patience = {
    .fire = conclude, .link = {&patience.link, &patience.link}};
static void (*on_done)(bool ok, const char *text);
static bool complete; /* all were opened, and all workers told */

void rotate_init(void (*done)(bool ok, const char *text))
{
	on_done = done;
}

static void finish(bool ok, const char *text)
{
	events_timer_clear(&patience);
	log_info("logs reopened: %s", text);
	on_done(ok, text);
}

static unsigned count_owing(void)
{
	unsigned count = 0;

	LIST_FOREACH(at, children())
		if (child_at(at)->swaps_due > 0)
			count++;
	return count;
}

static void succeed(void)
{
	if (complete)
		finish(true, "every process writes to the new files");
	else
		finish(false, "not all of them, see the error log");
}

/* What they owe stays owed: a stopped worker answers when it goes on. */
static void give_up(void)
{
	char text[80];
	struct out out = out_make(text, sizeof(text));

	LIST_FOREACH(at, children())
		if (child_at(at)->swaps_due > 0)
			log_warning("%s has not swapped its logs",
			    child_name(child_at(at)));
	out_fmt(&out, "%u workers may still write to the old files",
	    count_owing());
	finish(false, out_cstr(&out));
}

static void conclude(struct events_timer *t)
{
	(void)t;
	if (count_owing() == 0)
		succeed();
	else
		give_up();
}

void rotate_look(void)
{
	if (patience.due != 0 && count_owing() == 0)
		succeed();
}

/* ---- the beginning ---- */

static bool uses(int access_log, int error_log, int id)
{
	return id == access_log || id == error_log;
}

static bool is_in_use(int id)
{
	const struct world *w = world_now();

	if (w != NULL && uses(w->access_log, w->error_log, id))
		return true;
	LIST_FOREACH(at, children()) {
		const struct child *c = child_at(at);

		if (uses(c->access_log, c->error_log, id))
			return true;
	}
	return false;
}

static void hand_over(struct child *c, int id)
{
	int error = child_send(c, MESSAGE_log_fd, id, logs_fd(id));

	if (error == 0)
		c->swaps_due++;
	else if (error != -EPIPE) /* who has ended writes no more */
		complete = false;
}

void rotate_begin(void)
{
	complete = logs_reopen(is_in_use);
	LIST_FOREACH(at, children()) {
		struct child *c = child_at(at);

		hand_over(c, c->access_log);
		if (c->error_log != c->access_log)
			hand_over(c, c->error_log);
	}
	/* Never at once: who asked is not yet ready to be answered. */
	events_timer_set(&patience, count_owing() > 0 ? ROTATE_PATIENCE : 0);
}

bool rotate_heard(struct child *c, int64_t id)
{
	if (c->swaps_due == 0 ||
	    (id != c->access_log && id != c->error_log))
		return false;
	c->swaps_due--;
	rotate_look();
	return true;
}
