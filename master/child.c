/*
 * child.c - forking workers, and what there is to know of each.
 *
 * The master forks and never executes anything, so a worker starts with all
 * that the master has.  What is not a worker's is closed right after the
 * fork, each part by the module that knows it: see become_worker.
 */
#include "master/child.h"

#include <bsd/unistd.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "master/daemon_key.h"
#include "master/giveback.h"
#include "master/limits.h"
#include "master/logs.h"
#include "master/pairs.h"
#include "master/place.h"
#include "master/pseudonym.h"
#include "master/startup.h"
#include "master/world.h"

static struct list all = {&all, &all};

struct list *children(void)
{
	return &all;
}

struct child *child_at(struct list *link)
{
	struct child *c = container_of(link, struct child, link);

	INSIST_MAGIC(c, CHILD_MAGIC);
	return c;
}

struct child *child_find(pid_t pid)
{
	LIST_FOREACH(at, &all)
		if (child_at(at)->pid == pid)
			return child_at(at);
	return NULL;
}

const char *child_name(const struct child *c)
{
	static char name[80];

	INSIST_MAGIC(c, CHILD_MAGIC);
	snprintf(name, sizeof(name), "worker %u (pid %d, generation %u)",
	    c->slot, (int)c->pid, c->generation);
	return name;
}

const char *child_state_name(enum child_state state)
{
	static const char *const names[] = {
	    "starting", "ready", "draining", "stopping"};

	return names[state];
}

void child_set_state(struct child *c, enum child_state state)
{
	static const enum seat_state seats[] = {
	    SEAT_STARTING, SEAT_READY, SEAT_DRAINING, SEAT_DRAINING};

	INSIST_MAGIC(c, CHILD_MAGIC);
	INSIST(state >= c->state); /* there is no way back */
	c->state = state;
	c->since = events_now();
	atomic_store(&seat_at(c->seat)->state, seats[state]);
}

/* ---- the end ---- */

static void kill_now(struct events_timer *t)
{
	struct child *c = container_of(t, struct child, kill);

	log_warning("%s did not end in time: killed", child_name(c));
	kill(c->pid, SIGKILL);
}

void child_kill_after(struct child *c, usec_t patience)
{
	INSIST_MAGIC(c, CHILD_MAGIC);
	INSIST(patience >= 0);
	if (c->kill.due == 0 || c->kill.due > events_now() + patience)
		events_timer_set(&c->kill, patience);
}

static void end_tunnels(struct events_timer *t)
{
	struct child *c = container_of(t, struct child, tunnels);

	log_info("%s: its tunnels are ended", child_name(c));
	child_send(c, MESSAGE_end_tunnels, 0, -1);
	child_kill_after(c, CHILD_GRACE);
}

void child_free(struct child **c_p)
{
	struct child *c = *c_p;

	*c_p = NULL;
	INSIST_MAGIC(c, CHILD_MAGIC);
	events_close(&c->channel);
	events_timer_clear(&c->tunnels);
	events_timer_clear(&c->kill);
	free(c->logs);
	free(c->pairs);
	list_del(&c->link);
	atomic_store(&seat_at(c->seat)->state, SEAT_DEAD);
	if (c->said_ready)
		giveback_owe(c->seat);
	else
		seat_release(c->seat);
	c->magic = 0;
	free(c);
}

/* ---- talking ---- */

int child_send(struct child *c, enum message_type type, int64_t value, int fd)
{
	int error = -EPIPE;

	INSIST_MAGIC(c, CHILD_MAGIC);
	if (c->channel.fd >= 0)
		error = channel_send(c->channel.fd, type, value, fd);
	if (error < 0 && error != -EPIPE)
		log_warning("%s can't be told \"%s\": %s", child_name(c),
		    message_name(type), strerror(-error));
	return error;
}

bool child_writes(const struct child *c, int id)
{
	INSIST_MAGIC(c, CHILD_MAGIC);
	for (unsigned i = 0; i < c->log_count; i++)
		if (c->logs[i] == id)
			return true;
	return false;
}

/* ---- the beginning ---- */

/* For ps, and for the error log. */
static void name_process(unsigned slot, unsigned generation)
{
	static char name[32];

	snprintf(name, sizeof(name), "worker %u", slot);
	log_set_name(name);
	setproctitle("-sluiced: %s, generation %u", name, generation);
}

/* For the life of the process. */
static struct worker_log *view_logs(const struct world *w)
{
	unsigned count = w->conf->log_file_count;
	struct worker_log *logs = calloc(count, sizeof(*logs));

	INSIST(logs != NULL);
	for (unsigned i = 0; i < count; i++)
		logs[i] = (struct worker_log){w->logs[i], logs_fd(w->logs[i])};
	return logs;
}

_Noreturn static void become_worker(struct world *w, unsigned slot, int seat,
    int channel)
{
	struct worker_start start = {
	    .conf = w->conf,
	    .generation = w->generation,
	    .slot = slot,
	    .seat = seat,
	    .channel = channel,
	    .logs = view_logs(w),
	    .listener_count = w->conf->listener_count,
	    .listeners = w->listeners,
	    .nofile = limits_nofile(),
	    .pseudonym = pseudonym(),
	    .key = daemon_key(),
	    .segment = w->segment,
	    .pairs = w->pairs->fds,
	};

	events_forget();
	place_forget_pid_file();
	startup_forget();
	startup_leave_terminal();
	logs_set_errors(world_error_log(w), &w->conf->error_log);
	logs_forget_others(w->logs, w->conf->log_file_count);
	listen_forget_others(w->listeners, w->conf->listener_count);
	pairs_forget_others(w->pairs);
	seats_drop_fd();
	name_process(slot, w->generation);
	worker_main(&start);
}

static struct child *add(struct world *w, unsigned slot, int seat, pid_t pid)
{
	struct child *c = calloc(1, sizeof(*c));

	INSIST(c != NULL);
	c->magic = CHILD_MAGIC;
	c->pid = pid;
	c->seat = seat;
	c->slot = slot;
	c->generation = w->generation;
	c->world = w;
	c->log_count = w->conf->log_file_count;
	c->logs = calloc(c->log_count, sizeof(*c->logs));
	INSIST(c->logs != NULL);
	memcpy(c->logs, w->logs, c->log_count * sizeof(*c->logs));
	c->drain = w->conf->drain;
	c->drain_tunnels = w->conf->drain_websocket;
	c->watchdog = w->conf->watchdog;
	pairs_adopt(w->pairs, c);
	c->channel.fd = -1;
	events_timer_init(&c->tunnels, end_tunnels);
	events_timer_init(&c->kill, kill_now);
	list_add_tail(&all, &c->link);
	child_set_state(c, CHILD_STARTING);
	return c;
}

/* The pid, or -errno; never returns in the child. */
static pid_t fork_worker(struct world *w, unsigned slot, int seat,
    const int ends[2])
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid > 0)
		return pid;
	close(ends[CHANNEL_MASTER]);
	become_worker(w, slot, seat, ends[CHANNEL_WORKER]);
}

/* Nothing was forked: what was taken for it goes back. */
static struct child *give_up(unsigned slot, int seat, const char *what,
    int error)
{
	log_error("worker %u can't be started: %s: %s", slot, what,
	    strerror(error));
	if (seat != SEAT_NONE)
		seat_release(seat);
	return NULL;
}

static int take_seat(unsigned slot, unsigned generation)
{
	int seat = seat_take(slot, generation);

	if (seat == SEAT_NONE && giveback_cut_short())
		seat = seat_take(slot, generation);
	return seat;
}

struct child *child_fork(struct world *w, unsigned slot,
    void (*heard)(struct events_source *channel, uint32_t events))
{
	int seat = take_seat(slot, w->generation);
	struct child *c;
	int ends[2];
	int error;
	pid_t pid;

	INSIST_MAGIC(w, WORLD_MAGIC);
	INSIST(slot < w->slot_count);
	if (seat == SEAT_NONE)
		return give_up(slot, seat, "seats", EAGAIN);
	error = channel_pair(ends);
	if (error < 0)
		return give_up(slot, seat, "channel", -error);
	pid = fork_worker(w, slot, seat, ends);
	close(ends[CHANNEL_WORKER]);
	if (pid < 0) {
		close(ends[CHANNEL_MASTER]);
		return give_up(slot, seat, "fork", -(int)pid);
	}
	c = add(w, slot, seat, pid);
	error = events_add(&c->channel, ends[CHANNEL_MASTER], EPOLLIN, heard);
	if (error < 0) { /* its end is reaped like any other */
		close(ends[CHANNEL_MASTER]);
		kill(pid, SIGKILL);
		log_error("%s: epoll: %s", child_name(c), strerror(-error));
	}
	return c;
}
