/*
 * keep_alive.h - what an origin's Keep-Alive says.
 */
#ifndef WORKER_HTTP_KEEP_ALIVE_H
#define WORKER_HTTP_KEEP_ALIVE_H

#include "common/base/clock.h"
#include "worker/http/message.h"

/*
 * How long the connection that the reply M came on may lie idle: until one
 * second before its origin closes it, if it says when, but for no more than 10
 * minutes; OURS if it does not.  0: it takes no further request.
 */
usec_t keep_alive_patience(const struct message *m, usec_t ours);

#endif
