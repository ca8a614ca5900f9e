/*
 * mark.h - by what it is seen that a file is another one.
 */
#ifndef MASTER_MARK_H
#define MASTER_MARK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "common/base/clock.h"

struct mark {
	int error; /* errno: there is no file */
	dev_t device;
	ino_t inode;
	off_t size;
	usec_t written; /* wall clock, as the next one */
	usec_t changed; /* the inode, too: renamed, linked, touched */
};

/* Of what is at PATH now, behind all symbolic links; opens nothing. */
struct mark mark_of(const char *path);

bool mark_eq(const struct mark *a, const struct mark *b);

/* Has it been as it is for more than a minute, at WALL?  Then it was read as it
 * is by whoever has read it since. */
bool mark_is_old(const struct mark *m, usec_t wall);

#endif
