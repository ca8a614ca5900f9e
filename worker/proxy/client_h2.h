/*
 * client_h2.h - a client that speaks HTTP/2.
 */
#ifndef WORKER_PROXY_CLIENT_H2_H
#define WORKER_PROXY_CLIENT_H2_H

#include "worker/proxy/client.h"

struct h2_stream;

/* SERVE runs on the fiber of each stream, and releases it.  The listeners of
 * CONF are what clients come by.  Once a process.  0 or -ENOMEM. */
int client_h2_init(void (*serve)(struct client *c, struct h2_stream *st),
    const struct conf *conf);

/* C is to have a session, of which BEGINNING was read already.  False: it is
 * to be closed. */
bool client_h2_begin(struct client *c, struct str beginning);

/* Runs it on C's fiber; ends with client_park or client_close. */
WAITS void client_h2_serve(struct client *c);

/* Cancels those of its streams that are exchanges, and no tunnels. */
void client_h2_cancel_exchanges(struct client *c);

#endif
