/*
 * tunnel.h - two connections that pass each other's bytes.
 */
#ifndef WORKER_PROXY_TUNNEL_H
#define WORKER_PROXY_TUNNEL_H

#include "worker/origin/origin.h"
#include "worker/proxy/exchange.h"

/*
 * Passes bytes between the client of X, from behind its request if there was
 * one, and *ORIGIN until both have ended or nothing moved for
 * timeouts.websocket; drops the origin.  X->end says how it ended.
 */
WAITS void tunnel_run(struct exchange *x, struct origin **origin);

#endif
