/*
 * serve.h - the way of a request: the function that a client's fiber runs.
 */
#ifndef WORKER_PROXY_SERVE_H
#define WORKER_PROXY_SERVE_H

#include "worker/fiber/fiber.h"

/* CLIENT: a struct client whose next byte has come. */
WAITS void serve_client(void *client);

#endif
