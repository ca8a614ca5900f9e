/*
 * breaker.h - a pool that errs too often is shut for a while.
 *
 *	closed --(too many errors)--> open --(its time is over)--> half open
 *	  ^                             ^                              |
 *	  |                             +---(the probe failed)---------+
 *	  +---(the probe went well)------------------------------------+
 *
 * All workers share its state, in the row of the pool.  While it is half open
 * one exchange at a time is let through: the probe.
 */
#ifndef WORKER_ORIGIN_BREAKER_H
#define WORKER_ORIGIN_BREAKER_H

#include "worker/origin/pool.h"

/*
 * May an exchange go to P?  If it is the probe *PROBE_R is not 0, and breaker_saw
 * or breaker_leave is due.
 */
bool breaker_enter(struct pool *p, uint64_t *probe_r);

/* An attempt at a server of P came to an ERROR, or not.  *PROBE: of its
 * exchange; it is none any more. */
void breaker_saw(struct pool *p, uint64_t *probe, bool error);

/* The exchange is over.  If *PROBE is still one, it has told nothing. */
void breaker_leave(struct pool *p, uint64_t *probe);

#endif
