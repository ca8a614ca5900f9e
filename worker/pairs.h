/*
 * pairs.h - certificates of this worker: read, renewed, stapled.
 */
#ifndef WORKER_PAIRS_H
#define WORKER_PAIRS_H

#include "common/conf/conf.h"

/*
 * Reads all of CONF, or what FDS (by number; -1: none) has in its place: memfds
 * of common/ipc/pair.h, which are closed.  Before contexts are made.  0,
 * -ENOMEM, or -EINVAL, which was logged.
 */
int pairs_init(const struct conf *conf, const int *fds);

/* The memfd FD, which stays the caller's, has the pair NUMBER now: who comes
 * from now on gets it.  False: nothing has changed, and it was logged why. */
bool pairs_renew(int64_t number, int fd);

#endif
