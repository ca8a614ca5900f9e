/*
 * local.h - listening on unix sockets: for clients and for control.
 */
#ifndef MASTER_LOCAL_H
#define MASTER_LOCAL_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>

#include "common/base/out.h"

/* A socket file of ours, so that we remove no other one. */
struct local_file {
	struct sockaddr_un addr;
	dev_t device;
	ino_t inode;
};

/*
 * Listens at ADDR, with MODE, backlog BACKLOG, non-blocking.  A socket file
 * that nobody answers on is replaced.  The descriptor, or -1 with the reason
 * added to WHY (without a line end).
 */
int local_listen(const struct sockaddr_un *addr, mode_t mode, int backlog,
    struct local_file *file_r, struct out *why);

/* Is the socket file still the one that was made? */
bool local_is_there(const struct local_file *file);

/* Removes the socket file if it is still the one that was made. */
void local_remove(const struct local_file *file);

#endif
