/*
 * queue.h - requests that wait until a server of their pool has room.
 *
 * Only a pool whose servers have max_conns ever has a queue.  Whoever comes
 * while somebody waits, in whichever worker, waits too: nobody is overtaken.
 */
#ifndef WORKER_ORIGIN_QUEUE_H
#define WORKER_ORIGIN_QUEUE_H

#include "worker/origin/balance.h"

/* Makes ready to be woken by other workers; behind wakeup_init. */
void queue_init(void);

/* Once for each pool. */
void queue_init_pool(struct pool *p);

/*
 * balance_pick, which waits in the queue of P when nobody has room.  CLIENT
 * says who asks: clients take turns, whatever they have waiting.  0: *server_r
 * is reserved; or
 *   -ENOENT     no server may be used
 *   -ENOBUFS    the queue is full (queue.size), there is none, or PICK is
 *               impatient
 *   -ETIMEDOUT  there was no room in time (queue.timeout)
 *   -ECANCELED  the client has left
 */
WAITS int queue_pick(struct pool *p, struct pick *pick, struct str client,
    struct server **server_r);

/* Does somebody wait there, in whichever worker? */
bool queue_is_waited(struct pool *p);

/* A server of P may have room again. */
void queue_freed(struct pool *p);

#endif
