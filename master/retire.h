/*
 * retire.h - workers on their way out.
 */
#ifndef MASTER_RETIRE_H
#define MASTER_RETIRE_H

#include "master/child.h"

/* Generations that drain at once; a reload that would make more waits. */
#define RETIRE_GENERATIONS_MAX 4

/*
 * C accepts no more, finishes what it has within its drain times, and ends;
 * one that was not ready yet is stopped.  It leaves its world.
 */
void retire_drain(struct child *c);

/* C accepts no more, finishes what it can within PATIENCE, and ends. */
void retire_stop(struct child *c, usec_t patience);

/* How many generations are draining. */
unsigned retire_generations(void);

/*
 * Makes room for one more generation: if the oldest has drained for its
 * drain time, its tunnels are ended now; otherwise returns how long to wait
 * until that should be looked at again.  0: done, or nothing to do.
 */
usec_t retire_make_room(void);

#endif
