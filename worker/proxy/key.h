/*
 * key.h - what a request is known by, as a number.
 */
#ifndef WORKER_PROXY_KEY_H
#define WORKER_PROXY_KEY_H

#include "worker/proxy/exchange.h"

/* KEY (common/conf/key.h) of X, hashed the same on every machine.  A request
 * that has nothing there is known by its client's address.  False after
 * exchange_fail. */
bool key_hash(struct exchange *x, const struct conf_template *key,
    uint64_t *hash_r);

#endif
