/*
 * early.h - requests that come before the handshake of TLS is over.
 */
#ifndef WORKER_PROXY_EARLY_H
#define WORKER_PROXY_EARLY_H

#include "worker/proxy/exchange.h"

/* Says in X whether it is such a request.  False after exchange_fail: it is,
 * and must not be. */
bool early_allow(struct exchange *x);

/* What origins are told of it: RFC 8470, 5.1. */
struct str early_line(const struct exchange *x);

#endif
