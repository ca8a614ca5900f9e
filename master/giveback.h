/*
 * giveback.h - what a dead worker held in the segment.
 *
 * Its counts, claims and rows are given back by a living worker, because the
 * master touches no table of the segment.  Until then its seat stays dead, and
 * what it held stays held.
 */
#ifndef MASTER_GIVEBACK_H
#define MASTER_GIVEBACK_H

#include "master/child.h"

/* The process of SEAT, which had been ready, was reaped. */
void giveback_owe(int seat);

/* A worker has become ready, or has ended: who is asked may have changed. */
void giveback_look(void);

/* C says that what seat VALUE held is given back.  False: it was not asked. */
bool giveback_heard(const struct child *c, int64_t value);

/* A seat is needed and all are taken: one that is owed goes without.  (Who
 * sits there next clears what is left.)  False: none is. */
bool giveback_cut_short(void);

#endif
