/*
 * stay.h - clients that stay with a server: the setting "sticky" of a pool.
 */
#ifndef WORKER_PROXY_STAY_H
#define WORKER_PROXY_STAY_H

#include "worker/origin/balance.h"
#include "worker/proxy/exchange.h"

/* Once a process.  DAEMON is a random key that all workers of this daemon
 * have; CONF is kept.  0 or -ENOMEM. */
int stay_init(const struct conf *conf, const struct hash_key *daemon);

/* No cookie of ours goes to an origin; it is remembered for stay_begin.  False
 * after exchange_fail. */
bool stay_hide(struct exchange *x);

/* Before a server of X's pool is picked: the one that the client stays with goes
 * to PICK.  False after exchange_fail. */
bool stay_begin(struct exchange *x, struct pick *pick);

/* The server of X, which was picked by PICK, has answered with HEAD: there the
 * client stays, unless its own was only full. */
void stay_end(struct exchange *x, const struct pick *pick,
    const struct message *head);

#endif
