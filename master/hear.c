/*
 * hear.c - the master's ear.
 *
 * A worker talks to the network, so it may have been subverted, and what it
 * says is not trusted: each message must be one that is due from it now.
 * A worker that says anything else is killed; there is no honest reason for
 * it, and no message can then come often enough to keep the master busy.
 */
#include "master/hear.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "master/question.h"
#include "master/giveback.h"
#include "master/leave.h"
#include "master/pairs.h"
#include "master/rotate.h"
#include "master/supervise.h"

#define MESSAGES_PER_TURN 16

static bool hear_ready(struct child *c)
{
	if (c->said_ready)
		return false;
	c->said_ready = true;
	supervise_ready(c);
	giveback_look();
	return true;
}

static bool hear_left(struct child *c)
{
	if (c->said_left || !c->said_ready)
		return false;
	c->said_left = true;
	if (c->leave_due)
		leave_heard(c);
	else if (c->state == CHILD_READY)
		supervise_left(c);
	return true;
}

/* False if it is not C's to say now. */
static bool hear_message(struct child *c, const struct channel_message *m)
{
	switch (m->type) {
	case MESSAGE_ready:
		return hear_ready(c);
	case MESSAGE_left:
		return hear_left(c);
	case MESSAGE_log_swapped:
		return rotate_heard(c, m->value);
	case MESSAGE_pair_taken:
		return pairs_heard(c, m->value, true);
	case MESSAGE_pair_refused:
		return pairs_heard(c, m->value, false);
	case MESSAGE_answer:
		return question_heard(c, m->value);
	case MESSAGE_gave_back:
		return giveback_heard(c, m->value);
	default:
		return false;
	}
}

static void put_down(struct child *c, const char *why)
{
	log_error("%s %s: killed", child_name(c), why);
	events_close(&c->channel);
	kill(c->pid, SIGKILL);
}

/* Most likely it is about to end; SIGCHLD says more. */
static void hear_end(struct child *c)
{
	events_close(&c->channel);
	child_kill_after(c, CHILD_GRACE);
}

void hear_channel(struct events_source *channel, uint32_t events)
{
	struct child *c = container_of(channel, struct child, channel);
	struct channel_message m;
	int fd, got;

	(void)events;
	INSIST_MAGIC(c, CHILD_MAGIC);
	for (int i = 0; i < MESSAGES_PER_TURN; i++) {
		got = channel_receive(channel->fd, CHANNEL_WORKER, &m, &fd);
		if (got == -EAGAIN)
			return;
		INSIST(fd == -1); /* no message of a worker carries one */
		if (got == 0) {
			hear_end(c);
			return;
		}
		if (got < 0 || !hear_message(c, &m)) {
			put_down(c, "said what it may not say");
			return;
		}
	}
}
