/*
 * storm.h - what the parent and the children of the lock storm share.
 *
 * The area under test holds the shards, made and reset only by the lock
 * library.  Beside it lies one piece of shared memory, struct storm, in which
 * everybody writes down what has happened; it is not under test.
 *
 * Two kinds of children enter random shards and change what is in them:
 * victims are killed and stopped by the parent at random moments; witnesses
 * are left alone, so that what they measure is the library's doing.
 */
#ifndef TESTS_FAULT_STORM_H
#define TESTS_FAULT_STORM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/shm/lock.h"
#include "common/shm/seat.h"

#define SHARDS_MAX 16
#define CHILDREN_MAX 32
#define CELLS 12

/*
 * Between lock_enter and lock_leave this may be anything; outside LEFT and
 * RIGHT are equal, SUM is their sum, and nobody is INSIDE.
 */
struct storm_shard {
	struct shard_lock lock;
	uint64_t inside; /* pid */
	uint64_t entries;
	uint64_t left[CELLS];
	uint64_t sum;
	uint64_t right[CELLS];
};

/* What one child writes down; a respawned victim goes on with it. */
struct storm_child {
	_Atomic uint64_t entries;
	_Atomic uint64_t busy;
	/* Witnesses only: calls that waited until LOCK_PATIENCE was over. */
	_Atomic uint64_t in_vain[SHARDS_MAX];
	_Atomic uint64_t busy_usec[SHARDS_MAX]; /* in calls that gave BUSY */
	_Atomic uint64_t longest; /* usec, of any call of lock_enter */
};

struct storm {
	bool fierce; /* no pauses: strikes hit the lock code itself */
	_Atomic bool finish;
	_Atomic uint64_t resets_begun;
	_Atomic uint64_t resets_done;
	_Atomic unsigned verdicts; /* more than 0: VERDICT is the first */
	char verdict[256];
	struct storm_child children[CHILDREN_MAX];
};

extern struct storm *storm;
extern struct lock_table storm_table;
extern uint64_t storm_reset_seed; /* for the pauses in resets */

/* ---- storm_shard.c ---- */

/* The area, the table and STORM.  0 or -errno. */
int storm_create(unsigned shards, bool fierce);

/* Enters what is locked already: checks it, changes it, checks it. */
void storm_visit(struct storm_shard *s, uint64_t *seed);

/* NULL, or how S is broken. */
const char *storm_fault(const struct storm_shard *s);

/* A finding: the test has failed. */
void storm_accuse(const char *what, uint64_t number);

/* Sleeps for less than LONGEST, unless the storm is fierce. */
void storm_pause(uint64_t *seed, usec_t longest);

/* A number below N; the sequence is the seed's. */
uint64_t storm_random(uint64_t *seed, uint64_t n);

/* ---- storm_child.c ---- */

/* The life of child C, until it is killed or the storm is over. */
_Noreturn void storm_child(unsigned c, bool witness, uint64_t seed);

#endif
