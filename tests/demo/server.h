/*
 * server.h - the frame of a demo origin: a thread for each connection.
 */
#ifndef TESTS_DEMO_SERVER_H
#define TESTS_DEMO_SERVER_H

#include "tests/demo/reply.h"

/* Answers reply->request on reply->peer; what it leaves of the request's body
 * is read and forgotten behind it. */
typedef void server_answer(struct reply *reply);

/*
 * Serves on 127.0.0.1:PORT (0: any free one) and prints the port.  Returns
 * only if that can't be: the exit status.
 */
int server_run(unsigned port, server_answer *answer);

/* A socket bound to 127.0.0.1:PORT, *PORT_R is the real one; -1 and errno. */
int server_bind(unsigned port, unsigned *port_r);

#endif
