/*
 * rotate.c - reopening the logs: USR1, sluicectl reopen.
 *
 * The master opens, because workers open nothing by name.  Each worker that
 * lives, draining ones too, gets the new descriptors over its channel, swaps
 * between two writes and says so.  When the last has said it, no line goes to
 * the old files any more: they may be compressed.
 *
 * There may be hundreds of logs, and a channel holds few messages: a worker is
 * told of the next log when it has swapped one.
 */
#include "master/rotate.h"

#include <errno.h>

#include "common/base/log.h"
#include "common/base/out.h"
#include "master/logs.h"
#include "master/world.h"

/* What a channel surely has room for. */
#define SWAPS_AT_ONCE 16

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

static bool owes(const struct child *c)
{
	return c->swaps_due + c->swaps_untold > 0;
}

static unsigned count_owing(void)
{
	unsigned count = 0;

	LIST_FOREACH(at, children())
		count += owes(child_at(at));
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
		if (owes(child_at(at)))
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

static bool is_in_use(int id)
{
	const struct world *w = world_now();

	for (unsigned i = 0; w != NULL && i < w->conf->log_file_count; i++)
		if (w->logs[i] == id)
			return true;
	LIST_FOREACH(at, children())
		if (child_writes(child_at(at), id))
			return true;
	return false;
}

/* Tells C of as many logs as its channel has room for. */
static void hand_over(struct child *c)
{
	while (c->swaps_untold > 0 && c->swaps_due < SWAPS_AT_ONCE) {
		int id = c->logs[c->log_count - c->swaps_untold--];
		int error = child_send(c, MESSAGE_log_fd, id, logs_fd(id));

		if (error == 0)
			c->swaps_due++;
		else if (error != -EPIPE) /* who has ended writes no more */
			complete = false;
	}
}

void rotate_begin(void)
{
	complete = logs_reopen(is_in_use);
	LIST_FOREACH(at, children()) {
		struct child *c = child_at(at);

		c->swaps_untold = c->log_count;
		hand_over(c);
	}
	/* Never at once: who asked is not yet ready to be answered. */
	events_timer_set(&patience, count_owing() > 0 ? ROTATE_PATIENCE : 0);
}

bool rotate_heard(struct child *c, int64_t id)
{
	if (c->swaps_due == 0 || id != (int)id || !child_writes(c, (int)id))
		return false;
	c->swaps_due--;
	hand_over(c);
	rotate_look();
	return true;
}
