/*
 * route.h - who is meant by a request: its vhost and its route.
 */
#ifndef WORKER_PROXY_ROUTE_H
#define WORKER_PROXY_ROUTE_H

#include "worker/proxy/exchange.h"

/* Sets x->vhost by the listener and the Host; false after exchange_fail. */
bool route_find_vhost(struct exchange *x);

/* Sets x->route by the normalised path; false after exchange_fail. */
bool route_find(struct exchange *x);

#endif
