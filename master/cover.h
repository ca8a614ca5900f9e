/*
 * cover.h - who serves which sockets.
 *
 * Sockets belong to slots, and slots can be without a worker: for the moment
 * after a crash, or for good when there are fewer workers than before.  Their
 * sockets are then served by another worker that is ready, at once.
 */
#ifndef MASTER_COVER_H
#define MASTER_COVER_H

#include <stdbool.h>

#include "master/world.h"

/*
 * The slot whose worker should serve the sockets of slot SOCKETS, when there
 * are COUNT workers of which READY ones are: its own, else the next one
 * round.  Slots of their own beyond COUNT are dealt out evenly.  WORLD_NOBODY
 * if none is ready.
 */
int cover_choose(unsigned sockets, const bool *ready, unsigned count);

/*
 * Tells the workers of W, which is in force, what has changed: first who
 * serves from now on, then who need not any more.
 */
void cover_update(struct world *w);

/* Slot SLOT of W has lost its worker: it serves nothing now. */
void cover_lost(struct world *w, unsigned slot);

#endif
