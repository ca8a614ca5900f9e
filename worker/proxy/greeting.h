/*
 * greeting.h - what comes before a client's first request.
 */
#ifndef WORKER_PROXY_GREETING_H
#define WORKER_PROXY_GREETING_H

#include "worker/proxy/client.h"

/* The SSL of a handshake with C, which is its app data; NULL: no memory.  The
 * name that C says leads to a vhost: c->vhost. */
typedef struct ssl_st *greeting_open_fn(struct client *c);

/* At start, if the configuration has TLS. */
void greeting_supply(greeting_open_fn *open);

/* What a client speaks from now on. */
enum greeting {
	GREETED_HTTP1,
	GREETED_H2,
	GREETED_BYTES, /* whatever it is: passage.h */
	GREETED_NOBODY
};

/*
 * Greets C on its fiber; of one that was greeted before it only says what it
 * speaks.  GREETED_NOBODY: there is nothing left but client_close.
 */
WAITS enum greeting greet(struct client *c);

#endif
