/*
 * seat.h - the seats: a record in the segment for each living process.
 *
 * A seat belongs to one process from its fork until it is reaped.  The
 * process itself is the only writer of its counters, stamp and last words;
 * the master alone moves the state, except that a worker says "ready".
 * Readers sum with relaxed atomics and tolerate what is a moment old; what the
 * master reads here came from a process that may have been subverted, so it
 * is bounded, range-checked and escaped before use.
 *
 *   free -> starting -> ready -> draining -> dead -> free
 *
 * The area: a header with the folded totals, then SEAT_COUNT seats of
 * SEAT_SIZE bytes.  Claims and in-flight counts have room of their own in the
 * areas that they belong to, indexed by seat number; so will pins.
 */
#ifndef COMMON_SHM_SEAT_H
#define COMMON_SHM_SEAT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/clock.h"
#include "common/shm/area.h"

#define SEAT_COUNT 256
#define SEAT_SIZE 16384
#define SEAT_WORDS_SIZE 8192
#define SEAT_NONE (-1)

enum counter {
#define COUNTER(name, help) COUNT_##name,
#define GAUGE(name, help) COUNT_##name,
#include "common/tbl/counters.h"
#undef COUNTER
#undef GAUGE
	COUNT_END
};

enum seat_state {
	SEAT_FREE,
	SEAT_STARTING,
	SEAT_READY,
	SEAT_DRAINING,
	SEAT_DEAD
};

struct seat {
	_Atomic uint32_t state; /* enum seat_state */
	_Atomic int32_t pid;
	_Atomic uint32_t slot;
	_Atomic uint32_t generation;
	_Atomic int64_t started; /* CLOCK_MONOTONIC, usec */
	_Atomic int64_t stamp;	 /* the same, at the last turn of its loop */
	_Atomic uint64_t counters[COUNT_END];
	_Atomic uint32_t words_len;
	char words[SEAT_WORDS_SIZE]; /* last words; see seat_words_add */
};

_Static_assert(sizeof(struct seat) <= SEAT_SIZE, "a seat must fit its record");

/* The area; one a process, made by the master and inherited. 0 or -errno. */
int seats_create(void);

/* In a worker after the fork: the mapping stays, the descriptor goes. */
void seats_drop_fd(void);

/* Seat I, 0 <= I < SEAT_COUNT. */
struct seat *seat_at(int i);

/* ---- the master's side ---- */

/*
 * Takes a free seat for a process about to be forked: state STARTING, all
 * counters and words cleared.  Its number, or SEAT_NONE when all are taken.
 */
int seat_take(unsigned slot, unsigned generation);

/*
 * Folds the counters into the totals and makes the seat free; its process
 * must have been reaped.  A master killed in here leaves sums that are right.
 */
void seat_release(int i);

/* Totals of the dead plus what all living seats say. */
uint64_t seats_sum(enum counter which);

/* "accepted" and its help text; NULL past the end of the table. */
const char *counter_name(enum counter which);
const char *counter_help(enum counter which);
bool counter_is_gauge(enum counter which);

/*
 * The last words of seat I as one line of printable ASCII (anything else
 * becomes "?"), at most CAP - 1 bytes and a NUL.  Returns its length, 0 when
 * there are none.
 */
size_t seat_words_read(int i, char *text_r, size_t cap);

/* ---- the seat's own process ---- */

/*
 * From now on this process is in seat I: count() and words go there, and the
 * pid is noted (for readers; the master signals only pids that fork gave it).
 */
void seat_sit(int i);
struct seat *seat_mine(void);

/* Its number; 0 before seat_sit. */
int seat_number(void);

extern struct seat *seat_current; /* of this process; a scratch seat before
				     seat_sit, so that count() needs no test */

/* One writer: a plain add, published with a relaxed store. */
static inline void count_add(enum counter which, int64_t n)
{
	_Atomic uint64_t *c = &seat_current->counters[which];

	atomic_store_explicit(c,
	    atomic_load_explicit(c, memory_order_relaxed) + (uint64_t)n,
	    memory_order_relaxed);
}

/* A gauge that is known as a whole. */
static inline void count_set(enum counter which, uint64_t value)
{
	atomic_store_explicit(&seat_current->counters[which], value,
	    memory_order_relaxed);
}

#define count(name) count_add(COUNT_##name, 1)
#define count_down(name) count_add(COUNT_##name, -1)

static inline void seat_stamp(usec_t now)
{
	atomic_store_explicit(&seat_current->stamp, now, memory_order_relaxed);
}

/*
 * Appends to the last words; async-signal-safe, what does not fit is cut.
 * BASE is 10 or 16, the latter with "0x".
 */
void seat_words_add(const char *text);
void seat_words_add_number(const char *label, uint64_t n, unsigned base);

#endif
