/*
 * child.h - the worker processes as the master knows them.
 *
 * A struct child lives from the fork until the process is reaped.  It belongs
 * to a world (world.h) until that is given up; a child without a world drains
 * or is being stopped, and all that is left to do is to see that it ends.
 */
#ifndef MASTER_CHILD_H
#define MASTER_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/ipc/channel.h"
#include "common/shm/seat.h"
#include "master/events.h"

#define CHILD_MAGIC 0x63686c64

/* Past what it was told, a worker has this long until SIGKILL. */
#define CHILD_GRACE (2 * USEC_PER_SEC)

struct world;

enum child_state {
	CHILD_STARTING,
	CHILD_READY,
	CHILD_DRAINING,
	CHILD_STOPPING
};

struct child {
	uint32_t magic;
	struct list link; /* among children() */
	pid_t pid;
	int seat;
	unsigned slot;
	unsigned generation;
	enum child_state state;
	usec_t since; /* of the state */
	bool said_ready;
	bool said_left;
	struct world *world; /* NULL: it only has to end */
	struct events_source channel;

	int *logs; /* ids of what it writes */
	unsigned log_count;
	unsigned swaps_untold; /* the last so many of them: see rotate.c */
	unsigned swaps_due;    /* log_swapped that it still owes */
	unsigned questions_due; /* answer, the same */

	unsigned char *pairs; /* what it is owed, and owes: see pair_send.c */
	unsigned pair_count;
	unsigned pairs_due; /* pair_taken that it still owes */

	bool leave_due; /* it was told to go, and has not said "left" yet */
	usec_t drain;
	usec_t drain_tunnels;
	usec_t watchdog;
	bool aborted; /* by the watchdog */
	struct events_timer tunnels; /* when to end them */
	struct events_timer kill;    /* when patience ends */
};

/* All of them, in order of their forks. */
struct list *children(void);
struct child *child_at(struct list *link);
struct child *child_find(pid_t pid);

/*
 * Forks a worker for SLOT of W.  HEARD gets what it says; its context is the
 * channel member.  NULL when that fails, which is logged.
 */
struct child *child_fork(struct world *w, unsigned slot,
    void (*heard)(struct events_source *channel, uint32_t events));

/*
 * Sends.  0; -EPIPE: C has ended, which SIGCHLD will say too; or another
 * -errno, logged.
 */
int child_send(struct child *c, enum message_type type, int64_t value, int fd);

/* Does C write to the log ID? */
bool child_writes(const struct child *c, int id);

/* Kills it if it is still there after this long; the sooner one counts. */
void child_kill_after(struct child *c, usec_t patience);

/* The process is gone: gives its seat back and frees C. */
void child_free(struct child **c);

/* "worker 1 (pid 812, generation 3)": valid until the next call. */
const char *child_name(const struct child *c);

const char *child_state_name(enum child_state state);
void child_set_state(struct child *c, enum child_state state);

#endif
