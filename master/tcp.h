/*
 * tcp.h - making the TCP sockets that slots own.
 */
#ifndef MASTER_TCP_H
#define MASTER_TCP_H

#include "common/base/out.h"
#include "common/conf/conf.h"

/* Can a connection arrive that fits both addresses? */
bool tcp_overlaps(const struct sockaddr_storage *a,
    const struct sockaddr_storage *b);

/*
 * A SO_REUSEPORT socket bound to L's address, not listening yet.  With PROBE
 * it is an error if anybody holds the address now.  The descriptor, or -errno
 * with the reason added to WHY, as a message with place and help.
 */
int tcp_bind(const struct conf_listener *l, bool probe, struct out *why);

#endif
