/*
 * greeting.h - what comes before a client's first request.
 */
#ifndef WORKER_PROXY_GREETING_H
#define WORKER_PROXY_GREETING_H

#include "worker/proxy/client.h"

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
