/*
 * purging.c - purging, without holding the worker up.
 *
 * Runs on the fiber of who purges: an operator's question, or an exchange with
 * the method PURGE.  A slice is a few dozen objects under one lock, so a
 * million of them are many turns of the loop, and clients are served in all of
 * these.
 */
#include "worker/cache/purging.h"

#include <errno.h>

#include "common/shm/seat.h"
#include "worker/fiber/loop.h"

#define LATER (USEC_PER_SEC / 10)

int purging_rest(enum cache_step step)
{
	int err;

	if (step != CACHE_STEP_LATER)
		return fiber_yield();
	err = fiber_sleep_until(loop_now() + LATER);
	return err == -ETIMEDOUT ? 0 : err;
}

int purging_run(struct cache_purge *p)
{
	uint64_t before = 0;
	enum cache_step step;
	int err = 0;

	do {
		step = cache_purge_step(p);
		count_add(COUNT_cache_purged, (int64_t)(p->objects - before));
		before = p->objects;
		if (step != CACHE_STEP_DONE)
			err = purging_rest(step);
	} while (step != CACHE_STEP_DONE && err == 0);
	return err;
}
