/*
 * balance.h - which server of a pool takes the next request.
 */
#ifndef WORKER_ORIGIN_BALANCE_H
#define WORKER_ORIGIN_BALANCE_H

#include "worker/origin/pool.h"

/*
 * The server for a request: smooth weighted round robin, per worker.  AVOID is
 * the server that has just failed this request, or NULL; it is chosen again
 * only when there is no other.  Never NULL: a pool has a server.
 */
struct server *balance_pick(struct pool *p, const struct server *avoid);

#endif
