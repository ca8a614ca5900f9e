/*
 * cache_storm.h - what the parent and the children of the cache storm share.
 *
 * The area under test is the cache's; beside it lies one piece of shared
 * memory in which everybody writes down what has happened.
 */
#ifndef TESTS_FAULT_CACHE_STORM_H
#define TESTS_FAULT_CACHE_STORM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct cache_storm {
	_Atomic bool finish;
	_Atomic unsigned verdicts; /* more than 0: VERDICT is the first */
	char verdict[256];
	_Atomic uint64_t finds, hits, crowded, copied, busy, waits;
	_Atomic uint64_t stored, broken, refreshed, marks, refused, purged;
	_Atomic uint64_t bytes; /* that readers have compared */
};

extern struct cache_storm *cache_storm;

/* A finding: the test has failed. */
void cache_storm_accuse(const char *what, uint64_t number);

/* The life of a child, until it is killed or the storm is over: a reader, a
 * writer and a purger of some hundred keys. */
_Noreturn void cache_storm_child(uint64_t seed);

#endif
