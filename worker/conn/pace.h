/*
 * pace.h - how slow a peer may be: patience that bytes earn.
 *
 * A peer may keep us waiting for PACE_SILENCE, and every byte that moves earns
 * it 1/PACE_RATE of a second more, never beyond PACE_SILENCE.  Only time spent
 * waiting for this very peer is taken off, so nobody pays for another's delay.
 * A transfer that goes on is never cut, whatever it takes in total, and one
 * that trickles slower than PACE_RATE bytes a second ends.
 *
 * When the memory for bodies is nearly spent everybody has to hurry: those who
 * hold it for a trickle are the first to go.
 */
#ifndef WORKER_CONN_PACE_H
#define WORKER_CONN_PACE_H

#include <stddef.h>

#include "worker/conn/block.h"
#include "worker/fiber/loop.h"

#define PACE_RATE 256 /* bytes a second */
#define PACE_SILENCE (30 * USEC_PER_SEC)

#define PACE_HURRIED_RATE (16 * 1024)
#define PACE_HURRIED_SILENCE (5 * USEC_PER_SEC)

struct pace {
	usec_t left; /* of our patience */
};

static inline struct pace pace_begin(void)
{
	return (struct pace){PACE_SILENCE};
}

/* We have waited for the peer since SINCE. */
static inline void pace_waited(struct pace *p, usec_t since)
{
	p->left -= loop_now() - since;
}

static inline void pace_moved(struct pace *p, size_t bytes)
{
	bool hurried = block_is_scarce();
	size_t rate = hurried ? PACE_HURRIED_RATE : PACE_RATE;
	usec_t most = hurried ? PACE_HURRIED_SILENCE : PACE_SILENCE;

	p->left += (usec_t)bytes * USEC_PER_SEC / (usec_t)rate;
	if (p->left > most)
		p->left = most;
}

#endif
