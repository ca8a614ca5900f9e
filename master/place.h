/*
 * place.h - the daemon's places in the file system: /run/sluice, pid file.
 */
#ifndef MASTER_PLACE_H
#define MASTER_PLACE_H

#include "common/base/out.h"

/*
 * Makes the folder that PATH stands in, if only that is missing: mode 0755,
 * ours.  0, or -1 with the reason added to WHY.
 */
int place_make_folder(const char *path, struct out *why);

/*
 * Locks PATH (NULL: nothing to do) and writes our pid.  0, or -1 with the
 * reason: another daemon's pid, if it is that.
 */
int place_take_pid_file(const char *path, struct out *why);

void place_remove_pid_file(void);

/* In a forked child: closes it, the lock stays the master's. */
void place_forget_pid_file(void);

#endif
