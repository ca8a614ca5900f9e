/*
 * accept.h - taking clients off a listening socket.
 */
#ifndef WORKER_PROXY_ACCEPT_H
#define WORKER_PROXY_ACCEPT_H

#include "common/conf/conf.h"
#include "worker/fiber/loop.h"

struct acceptor;

/*
 * Starts to accept on FD, which is non-blocking and stays the caller's;
 * SHARED: other processes accept from it too.  NULL: no memory, logged.
 */
struct acceptor *accept_start(const struct conf_listener *l, int fd,
    bool shared);

/*
 * Stops, after what is queued now was taken (a queue may be about to lose its
 * last reader).  Nulls *A; the fiber ends by itself.
 */
void accept_stop(struct acceptor **a);

/* Those that have not ended yet. */
unsigned accept_running(void);

#endif
