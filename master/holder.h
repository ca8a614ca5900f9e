/*
 * holder.h - who holds a TCP port?
 */
#ifndef MASTER_HOLDER_H
#define MASTER_HOLDER_H

#include <sys/socket.h>

#include "common/base/out.h"

/*
 * Adds "nginx (pid 812)" to OUT if /proc tells who listens on ADDR or on an
 * address that overlaps it.  False when it does not: then nothing is added.
 */
bool holder_write(const struct sockaddr *addr, struct out *out);

#endif
