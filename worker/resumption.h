/*
 * resumption.h - TLS sessions that begin where an earlier one ended.
 */
#ifndef WORKER_RESUMPTION_H
#define WORKER_RESUMPTION_H

#include <openssl/ssl.h>

/* Once a process, in a worker that has entered its segment: from now on the
 * keys of tickets change by themselves.  0 or -ENOMEM. */
int resumption_init(void);

/* Clients whose handshakes begin under CTX get tickets or sessions, and may
 * come back with them to any worker of the daemon, of whatever generation. */
void resumption_serve(SSL_CTX *ctx);

/* SSL's client may come back with early data: the next time that it comes with
 * a ticket of now. */
void resumption_allow_early(SSL *ssl);

#endif
