/*
 * passage.h - clients whose bytes are passed on: tcp vhosts, and TLS that only
 * its origin speaks.
 */
#ifndef WORKER_PROXY_PASSAGE_H
#define WORKER_PROXY_PASSAGE_H

#include "worker/proxy/client.h"

/*
 * What a client of TLS asks for, on a listener that has vhosts with
 * passthrough.  True: the name is one of theirs, c->vhost and c->asked say
 * which, and nothing was read; false: it is another's affair.
 */
WAITS bool passage_asked(struct client *c, usec_t deadline);

/* Serves C, who was greeted, to its end: bytes both ways between it and a
 * server of c->vhost.  Ends with client_close. */
WAITS void passage_serve(struct client *c);

#endif
