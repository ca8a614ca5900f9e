/*
 * saved.h - the cache in a file, from one life of the daemon to the next: the
 * setting cache.path.
 *
 * All three wait for the disk: no worker lives then, and nobody waits for the
 * master.  Whatever goes wrong is told in the log, and the cache begins empty.
 */
#ifndef MASTER_SAVED_H
#define MASTER_SAVED_H

#include "common/conf/conf.h"
#include "common/shm/segment.h"

/* Before the first worker of all: what was saved is in S, and the file gone. */
void saved_load(const struct conf *conf, const struct segment *s);

/* The daemon ends: the cache of S is to be saved where CONF says. */
void saved_hold(const struct conf *conf, const struct segment *s);

/* All workers have ended: writes what is held. */
void saved_write(void);

#endif
