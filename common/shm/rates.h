/*
 * rates.h - how often something happened, of all workers together.
 *
 * Who does a thing is a hash under a key that only this daemon knows.  The
 * table is a cache: when too many do something at once, those that did little
 * are forgotten, and begin anew.
 */
#ifndef COMMON_SHM_RATES_H
#define COMMON_SHM_RATES_H

#include <stdbool.h>

#include "common/base/clock.h"
#include "common/shm/area.h"

/* The area; SIZE is 0. */
struct area_shape rates_shape(uint64_t size);

/* By the maker of a new area, once. */
void rates_create(void *table, uint64_t size);

/* This is the table of this process from now on. */
void rates_enter(void *table, uint64_t size);

/*
 * WHO does it once more at NOW (CLOCK_MONOTONIC).  False: COUNT times within
 * OVER have been already, and it does not count.  COUNT at once are allowed,
 * and then one more for each share of OVER that passes.
 */
bool rates_take(uint64_t who, uint32_t count, usec_t over, usec_t now);

#endif
