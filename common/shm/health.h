/*
 * health.h - the health table: what all workers know of servers and pools.
 *
 * A row for each server, check, pool, arm of a split, and vhost that has a
 * cache.  It is found by a name made of what the configuration says, so it is
 * the same row in the next generation and in every worker, and stays when
 * workers end.  A row that no process uses any more is somebody else's when
 * room is needed.
 *
 * Everything in a row is an atomic of its own, written by any worker: what is
 * read may be a moment old, and two readings need not belong together.  What
 * is in flight is counted per seat, by that seat's process alone, and summed
 * by who asks: when a process dies its counts are simply cleared, and nothing
 * can leak.  The lock of a shard is held only to find a row or to make one.
 */
#ifndef COMMON_SHM_HEALTH_H
#define COMMON_SHM_HEALTH_H

#include "common/base/hash.h"
#include "common/shm/area.h"
#include "common/shm/claim.h"
#include "common/shm/wake.h"

enum health_kind {
	HEALTH_SERVER,
	HEALTH_CHECK,
	HEALTH_POOL,
	HEALTH_ARM,
	HEALTH_VHOST
};

/* What an operator wants of a server (sluicectl server). */
enum health_wish {
	HEALTH_AS_CONFIGURED,
	HEALTH_UP,    /* although the configuration says "down" */
	HEALTH_DRAIN, /* no new clients: only those that are stuck to it */
	HEALTH_DOWN
};

/* Times are CLOCK_MONOTONIC, in usec; 0: never. */
struct health_server {
	_Atomic uint32_t wish;
	_Atomic uint32_t weight;   /* the operator's; 0: as configured */
	_Atomic uint32_t latency;  /* smoothed, usec to the first byte; 0: not
				      known */
	_Atomic uint32_t errors;   /* in a row */
	_Atomic int64_t latency_at;
	_Atomic int64_t errors_since;
	_Atomic int64_t up_since;  /* it came back then */
	_Atomic int64_t ejected_until;
	_Atomic uint32_t ejections; /* in a row: each takes twice as long */
	_Atomic uint32_t reason;    /* of the last ejection */
	_Atomic uint64_t window;    /* requests and errors of late */
	_Atomic uint64_t requests;
	_Atomic uint64_t failures;
};

enum health_state { HEALTH_UNKNOWN, HEALTH_IS_UP, HEALTH_IS_DOWN };

struct health_check {
	claim_word due;
	_Atomic uint32_t state;	 /* enum health_state */
	_Atomic uint32_t streak; /* results in a row against the state */
	_Atomic uint32_t reason; /* of the last result */
	_Atomic uint32_t status; /* that came with it, or 0 */
	_Atomic int64_t since;	 /* of the state */
	_Atomic int64_t at;	 /* of the last result */
	_Atomic uint64_t checks;
};

/* Held: its waiting requests. */
struct health_pool {
	struct wake_set waiting; /* who waits for a server to have room */
	_Atomic uint64_t window; /* requests and errors of late: breaker */
	_Atomic int64_t open_until;
	claim_word probe;	 /* who tries whether it is over */
	claim_word ejecting;	 /* who takes a server out */
	_Atomic uint64_t tries;	 /* requests and retries of late: budget */
};

struct health_arm {
	_Atomic uint32_t weight; /* the operator's, plus one; 0: as configured */
	_Atomic uint64_t requests;
};

/* What its cache did, by cache_uses.h. */
#define HEALTH_USES 8

struct health_vhost {
	_Atomic uint64_t uses[HEALTH_USES];
};

struct health_row {
	struct hash_id id;
	_Atomic uint32_t made; /* it is whole: survives the lock's recovery */
	uint32_t kind;
	_Atomic uint64_t users[SEAT_COUNT / 64]; /* seats: a bit each */
	union {
		struct health_server server;
		struct health_check check;
		struct health_pool pool;
		struct health_arm arm;
		struct health_vhost vhost;
	};
	_Atomic uint16_t held[SEAT_COUNT]; /* by each seat: in flight */
} __attribute__((aligned(64)));

/* ---- the area ---- */

struct area_shape health_shape(uint64_t size);

/* In the master, for a new area. */
void health_create(void *table, uint64_t size);

/* In a process that sits on its seat: this is the table now.  What the seat's
 * former process left is cleared. */
void health_enter(void *table, uint64_t size);

/* SEAT's process is dead: its counts, claims and rows are given back, and who
 * waited for what it held is woken. */
void health_give_back(int seat, usec_t now);

/* ---- rows ---- */

/*
 * The row of ID, made if there is none; this process uses it until it has
 * detached it as often as attached.  Never NULL: when the table is full, busy or not there it is
 * a private one (health_is_private), of the same kind but seen by nobody else.
 */
struct health_row *health_attach(enum health_kind kind, struct hash_id id);
void health_detach(struct health_row **row);
bool health_is_private(const struct health_row *row);

/* What all processes hold of ROW now. */
unsigned health_held(const struct health_row *row);

static inline _Atomic uint16_t *health_mine(struct health_row *row)
{
	return &row->held[seat_number()];
}

/* One more, or one less, is held by this process. */
void health_hold(struct health_row *row);
void health_release(struct health_row *row);

#endif
