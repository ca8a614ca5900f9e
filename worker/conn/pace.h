/*
 * pace.h - how slow a peer may be: patience that bytes earn.
 *
 * A peer may keep us waiting for MOST, and every byte that moves earns it
 * 1/RATE of a second more, never beyond MOST: "256/30s" of limits.min_rate is
 * a RATE of 256 and 30 s at MOST.  Only time spent waiting for this very peer
 * is taken off, so nobody pays for another's delay.  A transfer that goes on
 * is never cut, whatever it takes in total, and one that trickles slower than
 * RATE bytes a second ends.  Without a RATE (timeouts.idle of a pool) the peer
 * may only not fall silent: any byte restores all of MOST.
 *
 * Who is sent something out of a BODY block keeps that block from others.  A
 * second patience, short and hard to earn, is kept for that: nobody asks for
 * it until the memory for bodies is nearly spent, and then those who hold it
 * for a trickle are the first to go.
 */
#ifndef WORKER_CONN_PACE_H
#define WORKER_CONN_PACE_H

#include <stddef.h>

#include "common/conf/conf.h"
#include "worker/conn/block.h"
#include "worker/fiber/loop.h"

#define PACE_HURRIED_RATE (16 * 1024)
#define PACE_HURRIED_SILENCE (5 * USEC_PER_SEC)
#define PACE_LOOK USEC_PER_SEC /* how often: is memory scarce now? */

struct pace {
	usec_t left;   /* of our patience */
	usec_t hurry;  /* of that which counts while memory is scarce */
	usec_t most;
	uint32_t rate; /* bytes a second, or 0 */
	bool hurried;  /* it was for want of memory that it came to an end */
};

/* At least so fast as RATE says. */
static inline struct pace pace_begin(struct conf_rate rate)
{
	return (struct pace){.left = rate.over,
	    .hurry = PACE_HURRIED_SILENCE,
	    .most = rate.over,
	    .rate = rate.bytes};
}

/* Never silent for longer than MOST. */
static inline struct pace pace_of_silence(usec_t most)
{
	return pace_begin((struct conf_rate){.over = most});
}

/* We have waited for the peer since SINCE. */
static inline void pace_waited(struct pace *p, usec_t since)
{
	usec_t waited = loop_now() - since;

	p->left -= waited;
	p->hurry = p->hurry > waited ? p->hurry - waited : 0;
}

static inline usec_t pace_earned(usec_t left, size_t bytes, uint32_t rate,
    usec_t most)
{
	left += (usec_t)bytes * USEC_PER_SEC / (usec_t)rate;
	return left < most ? left : most;
}

static inline void pace_moved(struct pace *p, size_t bytes)
{
	if (bytes == 0)
		return;
	if (p->rate == 0)
		p->left = p->most;
	else if (p->left != p->most)
		p->left = pace_earned(p->left, bytes, p->rate, p->most);
	if (p->hurry != PACE_HURRIED_SILENCE)
		p->hurry = pace_earned(p->hurry, bytes, PACE_HURRIED_RATE,
		    PACE_HURRIED_SILENCE);
}

/* For one who keeps a BODY block from others meanwhile: how long to wait
 * before pace_is_over is asked again. */
static inline usec_t pace_look(const struct pace *p)
{
	usec_t look = p->hurry > 0 ? p->hurry : PACE_LOOK;

	return p->left < look ? p->left : look;
}

/* Was it too slow? */
static inline bool pace_is_over(struct pace *p)
{
	p->hurried = p->left > 0 && p->hurry == 0 && block_is_scarce();
	return p->left <= 0 || p->hurried;
}

#endif
