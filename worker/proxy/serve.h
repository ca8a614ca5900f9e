/*
 * serve.h - the way of a request: the function that a client's fiber runs.
 */
#ifndef WORKER_PROXY_SERVE_H
#define WORKER_PROXY_SERVE_H

#include "worker/fiber/fiber.h"

struct exchange;

/* CLIENT: a struct client whose next byte has come. */
WAITS void serve_client(void *client);

/* The request on stream ST of C, which came as HTTP/2; ends with h2_release. */
struct client;
struct h2_stream;
WAITS void serve_stream(struct client *c, struct h2_stream *st);

/*
 * X's request to its pool, or to that of another arm: REPLY is what a server
 * has answered, or X has failed.
 */
struct reply;
WAITS void serve_ask(struct exchange *x, struct reply *reply);

/* X has ended: it counts as its end says. */
void serve_count_end(const struct exchange *x);

#endif
