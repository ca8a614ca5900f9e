/*
 * order.h - what an operator orders of servers, for all workers at once.
 */
#ifndef WORKER_ORIGIN_ORDER_H
#define WORKER_ORIGIN_ORDER_H

#include "common/base/out.h"
#include "common/conf/conf.h"

/*
 * sluicectl server.  WORDS, with tabs between: VHOST/POOL/ADDR, then "drain",
 * "down", "up", or "weight" and a number or "default".  ADDR is a server's URL,
 * or an address that it has now.  It holds at once, in all workers and
 * generations.  ANSWER tells what was done; false: why nothing was.
 */
bool order_server(const struct conf *conf, struct str words,
    struct out *answer);

#endif
