/*
 * claim.h - work that exactly one process does, and does again later.
 *
 * A claim is one word in the segment: {seat, count, expiry}.  While it has not
 * expired nobody can take it: either somebody does the work, and the expiry is
 * the end of others' patience, or it was done, and the expiry is when it is
 * due again.  So a claim is a timetable too, and a claimer that was killed or
 * stopped holds up its work only until its claim runs out.  Who comes back
 * late finds that the word is no longer its own, and drops its result.
 */
#ifndef COMMON_SHM_CLAIM_H
#define COMMON_SHM_CLAIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"

typedef _Atomic uint64_t claim_word; /* 0: due since ever, taken by nobody */

/* When it can be taken: CLOCK_MONOTONIC, in whole milliseconds. */
usec_t claim_due(const claim_word *word);

/* Takes WORD until NOW + PATIENCE if it is due: the claim, or 0. */
uint64_t claim_take(claim_word *word, usec_t now, usec_t patience);

/* Is CLAIM still ours to store a result for? */
bool claim_is_mine(const claim_word *word, uint64_t claim);

/* Done: due again at NEXT.  False: it was not ours any more. */
bool claim_end(claim_word *word, uint64_t claim, usec_t next);

/* What SEAT, whose process is dead, had taken is due now. */
void claim_give_back(claim_word *word, int seat, usec_t now);

#endif
