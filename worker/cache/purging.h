/*
 * purging.h - purging, without holding the worker up.
 */
#ifndef WORKER_CACHE_PURGING_H
#define WORKER_CACHE_PURGING_H

#include "common/shm/cache_purge.h"
#include "worker/fiber/fiber.h"

/* Purges all that P, which was begun, means: slice by slice, with others in
 * between.  0, P says how much; -ECANCELED. */
WAITS int purging_run(struct cache_purge *p);

/* A walk has made STEP: lets others go on before the next one.  0 or
 * -ECANCELED. */
WAITS int purging_rest(enum cache_step step);

#endif
