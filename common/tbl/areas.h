/*
 * areas.h - the areas of the segment:
 *
 *   AREA(name)        its size is a setting of "shared"
 *   AREA_FIXED(name)  it has one size, and its functions take 0 for it
 *
 * Each is a table of common/shm with three functions: name_shape, name_create
 * and name_enter.  (The seats have their own way: the master needs them.)
 */
#ifndef AREA_FIXED
#define AREA_FIXED(name) AREA(name)
#endif

AREA(health)
AREA(sticky)
AREA(names)
AREA(sessions)
AREA(staples)
AREA(cache)
AREA_FIXED(tickets)
AREA_FIXED(rates)

#undef AREA_FIXED
