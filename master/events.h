/*
 * events.h - the master's loop: descriptors and timers, one thread.
 *
 * Level-triggered and plain: the master has a few dozen descriptors and
 * nothing to hurry for.  (A worker's loop is another one: fiber/loop.h.)
 * Callbacks never wait.  A callback may remove and free any source or timer,
 * its own included.
 */
#ifndef MASTER_EVENTS_H
#define MASTER_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "common/base/clock.h"
#include "common/base/list.h"

/* Inside what it belongs to; must not move while registered. */
struct events_source {
	int fd; /* -1: not registered */
	struct list link;
	void (*ready)(struct events_source *s, uint32_t events);
};

struct events_timer {
	usec_t due; /* 0: not set */
	struct list link;
	void (*fire)(struct events_timer *t);
};

/* 0 or -errno. */
int events_init(void);

/*
 * Registers FD, which stays the caller's, for the EPOLL bits WANTED.
 * 0 or -errno: then nothing is registered.
 */
int events_add(struct events_source *s, int fd, uint32_t wanted,
    void (*ready)(struct events_source *s, uint32_t events));
void events_want(struct events_source *s, uint32_t wanted);

/* Unregisters and closes.  Harmless on one that is not registered. */
void events_close(struct events_source *s);

void events_timer_init(struct events_timer *t,
    void (*fire)(struct events_timer *t));
/* Fires once, AFTER usec from now; moves a timer that is set. */
void events_timer_set(struct events_timer *t, usec_t after);
void events_timer_clear(struct events_timer *t);

/* CLOCK_MONOTONIC as of this turn. */
usec_t events_now(void);

/* Turns until events_stop. */
void events_run(void);
void events_stop(void);

/* In a forked child: closes the loop and every registered descriptor. */
void events_forget(void);

#endif
