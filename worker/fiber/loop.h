/*
 * loop.h - the one epoll loop of a worker: watches, timers, turns.
 *
 * A turn: wait for events (at most a quarter of the watchdog's time); note
 * all of them; fire timers; run the fibers that are ready now, once; run the
 * end-of-turn hooks (one log write a turn).  Events are all noted before any
 * fiber runs, so that nothing an event points to can be freed under it.
 *
 * A descriptor is registered once, edge-triggered, for its whole life.  A
 * call tries the system call first and parks only when the descriptor is
 * known to be dry: after EAGAIN or a short read, until the next edge.  An
 * event may arrive for a descriptor whose fiber waits on another one; "no
 * waiter" does not mean "idle", so a watch says outright who it belongs to.
 */
#ifndef WORKER_FIBER_LOOP_H
#define WORKER_FIBER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/fiber/fiber.h"

/* Makes the loop and the stacks of this process.  0 or -errno. */
int loop_init(void);

/* Gives all of it back.  No fiber may be alive: cancel them and turn until
 * fiber_count() is 0.  Timers and watches that are left mean nothing more. */
void loop_free(void);

/* Turns until loop_stop; one turn, which waits no longer than LONGEST_WAIT
 * (0: only looks).  Both not from a fiber. */
void loop_run(void);
void loop_turn(usec_t longest_wait);

/* The turn that is on is loop_run's last.  Before it: it does none. */
void loop_stop(void);

/* CLOCK_MONOTONIC as of this turn (fresher after a long run of fibers). */
usec_t loop_now(void);

/* No turn waits longer than this: the watchdog's quarter. */
void loop_set_longest_wait(usec_t longest);

/* FN is called at each end of turn, in order of registration (at most 8). */
void loop_at_end_of_turn(void (*fn)(void));

/* ---- timers: a wheel, rounded up to whole milliseconds ---- */

struct timer {
	struct list link;
	usec_t due; /* 0: not set */
	void (*fire)(struct timer *t);
};

void timer_init(struct timer *t, void (*fire)(struct timer *t));
/* Sets or moves; FIRE runs in the loop, not on a fiber: it must not wait. */
void timer_set(struct timer *t, usec_t due);
void timer_clear(struct timer *t);
static inline bool timer_is_set(const struct timer *t)
{
	return t->due != 0;
}

/* ---- watches ---- */

enum {
	WATCH_READ = 1,
	WATCH_WRITE = 2,
	WATCH_HANGUP = 4 /* the peer sent FIN or RST, or the socket failed */
};

struct watch {
	int fd;		  /* -1: not registered */
	uint8_t ready;	  /* WATCH_ bits: may be tried; see watch_dry */
	uint8_t seen_hup; /* a hang-up was noted; reads stay "ready" */
	uint8_t is_level; /* see watch_add_level */
	uint8_t tells_write; /* on_event hears of WRITE, too */
	struct fiber *reader; /* parked in watch_wait for READ */
	struct fiber *writer;
	/*
	 * Runs in the loop when an edge comes and no fiber waits for what it
	 * brings (always for a HANGUP): EVENTS are WATCH_ bits.  READ is in
	 * it only if nobody was parked to read, so HANGUP alone tells that the
	 * reader, just woken, will see for itself.  Each further edge after
	 * a hang-up brings HANGUP again.  WRITE is only told on demand: it comes
	 * along with every edge.  It may remove any watch, cancel or start
	 * fibers; it must not wait.  NULL: ignore.
	 */
	void (*on_event)(struct watch *w, unsigned events);
};

/*
 * Registers FD, edge-triggered for everything, and ready for everything until
 * a call finds it dry.  The descriptor stays the caller's.  W, whatever was in
 * it, must not move until watch_remove.  0 or -errno.
 */
int watch_add(struct watch *w, int fd,
    void (*on_event)(struct watch *w, unsigned events));

/*
 * As above for a socket that several processes accept from: EPOLLEXCLUSIVE
 * and level-triggered, only to READ, without on_event.  Remove it while nobody
 * is going to accept, or the loop spins.
 */
int watch_add_shared(struct watch *w, int fd);

/*
 * As above for a descriptor that a library reads and writes by itself, and may
 * leave a rest behind: level-triggered, for WHAT alone (READ, WRITE, or both).
 * ON_EVENT gets those of them that are there, in each turn until they are not.
 * No fiber waits on it.
 */
int watch_add_level(struct watch *w, int fd, unsigned what,
    void (*on_event)(struct watch *w, unsigned events));

/* It is WHAT that matters from now on.  0 or -errno. */
int watch_set_level(struct watch *w, unsigned what);

/* Unregisters; call before close.  No fiber may be waiting on it.  Events of
 * this turn that are not yet noted are forgotten. */
void watch_remove(struct watch *w);

/* Closes the descriptor, which no other process holds: that unregisters it
 * too, and saves a system call.  No fiber may be waiting on it. */
void watch_close_fd(struct watch *w);

/* What a system call found: EAGAIN or a short read/write on WHAT. */
static inline void watch_dry(struct watch *w, unsigned what)
{
	if (!w->seen_hup || what != WATCH_READ)
		w->ready &= (uint8_t)~what;
}

static inline bool watch_is_ready(const struct watch *w, unsigned what)
{
	return (w->ready & what) != 0;
}

/*
 * Parks until WHAT (READ or WRITE) is ready; at once if it is.  One fiber at
 * a time per direction.  0, -ETIMEDOUT, -ECANCELED.
 */
WAITS int watch_wait(struct watch *w, unsigned what, usec_t deadline);

#endif
