/*
 * supervise.h - a worker in each slot.
 */
#ifndef MASTER_SUPERVISE_H
#define MASTER_SUPERVISE_H

#include "master/world.h"

/* Forks the workers of W; from now on what ends is started again. */
void supervise_start(struct world *w);

/* C has said that it is ready. */
void supervise_ready(struct child *c);

/* C, which was ready, has left without being told: somebody has sent it a
 * signal.  It drains, and another takes its place. */
void supervise_left(struct child *c);

/* C has been reaped: it is freed, and replaced if its world wants that. */
void supervise_ended(struct child *c);

/*
 * How long a slot waits for its next worker after FAILURES ends in a row of
 * workers that were not ready yet.  (WAS_READY: one was, in this world.)
 */
usec_t supervise_delay(unsigned failures, bool was_ready);

#endif
