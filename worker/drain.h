/*
 * drain.h - how a worker comes to its end: drained, or stopped.
 *
 * Draining: nothing more is accepted; parked clients are not cut, their next
 * reply says "Connection: close"; at the deadline what is left of the exchanges
 * ends, and tunnels live on until theirs.  Stopping is draining in a hurry:
 * parked clients are closed at once, and tunnels end with the exchanges.  In
 * both cases the loop stops when the last client is gone.
 */
#ifndef WORKER_DRAIN_H
#define WORKER_DRAIN_H

#include "common/base/clock.h"

/* LEFT is called once, when nothing is accepted any more. */
void drain_init(void (*left)(void));

/* Drains: exchanges until EXCHANGES, tunnels until TUNNELS (deadlines). */
void drain_begin(usec_t exchanges, usec_t tunnels);

/* Stops: everything until DEADLINE. */
void drain_stop(usec_t deadline);

/* Tunnels end now. */
void drain_end_tunnels(void);

#endif
