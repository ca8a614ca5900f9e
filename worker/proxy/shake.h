/*
 * shake.h - a client's handshake of TLS.
 */
#ifndef WORKER_PROXY_SHAKE_H
#define WORKER_PROXY_SHAKE_H

#include "common/base/hash.h"
#include "worker/proxy/client.h"

/* The SSL of a handshake with C, which is its app data; NULL: no memory.  The
 * name that C says leads to a vhost: c->vhost. */
typedef struct ssl_st *shake_open_fn(struct client *c);

/* Once a process: KEY is one that only this daemon knows. */
void shake_init(const struct conf *conf, const struct hash_key *key);

/* At start, if the configuration has TLS. */
void shake_supply(shake_open_fn *open);

/* The name that a ClientHello said, and nobody has: for the log. */
void shake_unknown(struct str name);

/* Shakes hands with C, until DEADLINE.  False: there is nothing left but client_close. */
WAITS bool shake_hands(struct client *c, usec_t deadline);

#endif
