/*
 * explain_losers.h - why the other routes did not take a request.
 */
#ifndef WORKER_PROXY_EXPLAIN_LOSERS_H
#define WORKER_PROXY_EXPLAIN_LOSERS_H

#include "worker/proxy/exchange.h"

/* A line for each route of the vhost of X but its own. */
void explain_losers(const struct exchange *x, struct out *answer);

#endif
