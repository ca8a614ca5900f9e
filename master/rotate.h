/*
 * rotate.h - reopening the logs in every living process.
 */
#ifndef MASTER_ROTATE_H
#define MASTER_ROTATE_H

#include "master/child.h"

/* Workers that have not answered by then are reported. */
#define ROTATE_PATIENCE (2 * USEC_PER_SEC)

/*
 * DONE is called at the end of each rotation: all processes write to the new
 * files (true), or TEXT says which do not.
 */
void rotate_init(void (*done)(bool ok, const char *text));

/* Begins; if a rotation is under way, begins again, and DONE comes once. */
void rotate_begin(void);

/* C says that it has swapped log ID.  False if it did not owe that. */
bool rotate_heard(struct child *c, int64_t id);

/* Somebody ended: looks again. */
void rotate_look(void);

#endif
