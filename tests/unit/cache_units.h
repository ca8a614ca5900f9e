/*
 * cache_units.h - a look at every unit of the cache, for tests.
 */
#ifndef TESTS_UNIT_CACHE_UNITS_H
#define TESTS_UNIT_CACHE_UNITS_H

/* NULL, or what is wrong: each unit is free, or of exactly one entry that is in
 * the index or pinned; pins and sums agree.  Nobody else may be working. */
const char *store_fault(void);

#endif
