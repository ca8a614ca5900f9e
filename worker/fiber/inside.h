/*
 * inside.h - what the files of the fiber library know of each other.
 *
 * Nobody else includes this, except their unit tests.
 */
#ifndef WORKER_FIBER_INSIDE_H
#define WORKER_FIBER_INSIDE_H

#include <stdint.h>

#include "worker/fiber/fiber.h"
#include "worker/fiber/loop.h"
#include "worker/fiber/sanitize.h"

#define FIBER_MAGIC 0x66696272 /* "fibr" */

enum fiber_state {
	FIBER_READY,   /* in the run queue; new if it has no stack yet */
	FIBER_RUNNING, /* the one that fiber_self names */
	FIBER_PARKED,  /* waits to be woken by fiber_wake */
	FIBER_ENDED    /* its function has returned; awaits fiber_join */
};

struct fiber {
	unsigned magic;
	enum fiber_state state;
	bool cancelled;
	uint8_t shields;       /* how many are up */
	uint16_t calls;	       /* since it last parked: see fiber_charge */
	int result;	       /* what woke it */
	size_t moved;	       /* bytes, like calls */
	struct list link;      /* run queue, a condition's waiters, or pool */
	void *flow;	       /* see switch.h */
	void *stack;	       /* from its first run to its end */
	struct fiber **place;  /* the watch's pointer to us, while we wait */
	struct timer timer;    /* our deadline, while we wait */
	struct fiber *parent;  /* who joins us; NULL: nobody does */
	struct fiber *joining; /* the child that we wait for in fiber_join */
	unsigned children;     /* not yet joined */
	const char *name;
	fiber_fn *fn;
	void *arg;
	struct sanitize_flow tools;
};

/* ---- fiber.c ---- */

/* Nobody is alive any more. */
void fiber_close(void);

/* Parks the running fiber until fiber_wake or DEADLINE.  Its result, which
 * is -ECANCELED whenever the fiber is cancelled by the time it goes on. */
WAITS int fiber_park(usec_t deadline);

/* F, which is parked, becomes ready; its wait returns RESULT. */
void fiber_wake(struct fiber *f, int result);

bool fiber_any_ready(void);

/* Each fiber that is ready now, once. */
void fiber_run_ready(void);

/* ---- timer.c ---- */

void timer_open(usec_t now);

/* How long nothing is due from NOW on; DEADLINE_NEVER when nothing is set. */
usec_t timer_distance(usec_t now);
void timer_fire_due(usec_t now);

/* ---- watch.c ---- */

int watch_open(void); /* 0 or -errno */
void watch_close(void);

/* Waits for events; then notes them all, in watches and fibers. */
void watch_collect(int msec);
void watch_note(void);

/* ---- loop.c ---- */

void loop_read_clock(void);

/* ---- census.c ---- */

#ifdef SLUICE_CENSUS
void census_note(const char *name, size_t depth);
#endif

#endif
