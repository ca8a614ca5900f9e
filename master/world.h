/*
 * world.h - one generation: a configuration, its sockets, its slots.
 *
 * At most two worlds live: the one in force, and the next one while a reload
 * makes it.  What drains has no world any more.
 */
#ifndef MASTER_WORLD_H
#define MASTER_WORLD_H

#include "common/base/out.h"
#include "common/shm/segment.h"
#include "master/child.h"
#include "master/listen.h"

#define WORLD_MAGIC 0x776f726c
#define WORLD_NOBODY (-1)

struct slot {
	struct world *world;
	unsigned number;
	struct child *child; /* its worker of this world, or NULL */
	unsigned failures;   /* ends before ready, in a row */
	bool was_ready;	     /* once, in this world */
	struct events_timer respawn;
};

struct world {
	uint32_t magic;
	unsigned generation;
	struct conf *conf;
	struct segment *segment;
	int *logs; /* ids, see logs.h: in the order of conf->log_files */
	struct pairs *pairs; /* as conf->pairs */
	struct worker_listener *listeners; /* conf->listener_count of them */
	bool in_force;
	/* Called when a worker became ready, ended, or could not be forked;
	 * it may free W. */
	void (*changed)(struct world *w);

	unsigned slot_count;
	struct slot slots[LISTEN_SLOTS_MAX];

	/* Sockets of slot i are served by the worker of slot served_by[i], or
	 * WORLD_NOBODY; see cover.h. */
	unsigned socket_slots;
	int served_by[LISTEN_SLOTS_MAX];
};

/* A worker of W is ready in each slot. */
bool world_is_ready(const struct world *w);

/*
 * The next generation, for CONF (taken over in any case): logs opened, sockets
 * bound, no worker yet.  NULL with the reasons added to WHY: then nothing has
 * changed.
 */
struct world *world_prepare(struct conf *conf, struct out *why);

/* The error log of W. */
int world_error_log(const struct world *w);

/* Frees the world; its children become children without one. */
void world_free(struct world **w);

/* The world in force; NULL before the first start and when ending. */
struct world *world_now(void);

/* Puts W in force; the former world is returned, for the caller to free. */
struct world *world_enforce(struct world *w);

#endif
