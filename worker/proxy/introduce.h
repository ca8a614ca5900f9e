/*
 * introduce.h - a peer says whom it speaks for: the PROXY protocol.
 */
#ifndef WORKER_PROXY_INTRODUCE_H
#define WORKER_PROXY_INTRODUCE_H

#include "worker/proxy/client.h"

/* Once a process: whose connections begin with a header.  CONF lives as long
 * as the process. */
void introduce_init(const struct conf *conf);

/*
 * Reads the header, once a connection, if C's peer is one of
 * proxy_protocol_from: c->peer is the client from then on.  False: it had to
 * begin with one and did not, or is gone.
 */
WAITS bool introduce(struct client *c);

#endif
