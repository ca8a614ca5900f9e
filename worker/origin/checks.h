/*
 * checks.h - when servers are checked, and what follows from it.
 *
 * All workers have the same timetable, the claims of the health table: who
 * takes a check that is due makes it, the others see when it is due again.  So
 * each server is checked once, however many workers there are, and when one is
 * killed or stopped another goes on.  Servers of several pools that are checked
 * in the same way share a check.
 */
#ifndef WORKER_ORIGIN_CHECKS_H
#define WORKER_ORIGIN_CHECKS_H

#include "worker/origin/check.h"
#include "worker/origin/pool.h"

/* At most so many checks at a time in a worker. */
#define CHECKS_AT_ONCE 64

/* S is in its pool now: if that is checked, so is S (S->check).  False: out of
 * memory. */
bool checks_add(struct server *s);

/* S is in its pool no more. */
void checks_remove(struct server *s);

/* This worker takes part from now on; no more (checks under way end). */
void checks_begin(void);
void checks_stop(void);

/* "check got status 503, expected 200-299": the last one of S; nothing if
 * there was none. */
void checks_say(struct out *o, const struct server *s);

/* ---- for unit tests ---- */

/* What a check that came to VERDICT at NOW makes of ROW: the new state, or
 * HEALTH_UNKNOWN if it is the former one. */
enum health_state checks_judge(struct health_check *row,
    const struct conf_health *conf, enum check_verdict verdict, usec_t now);

/* When a check that began at BEGAN is due again; DICE: any number. */
usec_t checks_next(const struct conf_health *conf, usec_t began,
    uint64_t dice);

#endif
