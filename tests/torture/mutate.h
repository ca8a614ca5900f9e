/*
 * mutate.h - valid requests, and random mutations of them.
 *
 * The same seed gives the same numbers, everywhere.
 */
#ifndef TESTS_TORTURE_MUTATE_H
#define TESTS_TORTURE_MUTATE_H

#include "common/base/str.h"

#define MUTATE_TEXT_MAX 4096

struct rng {
	uint64_t state;
};

/* A stream of numbers of its own for each INDEX of SEED. */
struct rng rng_start(uint64_t seed, uint64_t index);

/* 0 to LIMIT - 1 */
size_t rng_below(struct rng *r, size_t limit);

/*
 * One to three requests behind each other into TEXT (MUTATE_TEXT_MAX bytes),
 * most of them mutated; returns their length.
 */
size_t mutate_make(struct rng *r, char *text);

#endif
