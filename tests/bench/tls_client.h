/*
 * tls_client.h - a client of TLS 1.3 that waits for everything.
 *
 * For the generators whose load is not in what the client does at a time:
 * handshakes, and connections that are only held.  Whatever fails ends the
 * program and says why.
 */
#ifndef TESTS_BENCH_TLS_CLIENT_H
#define TESTS_BENCH_TLS_CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct tls_client {
	int fd;
	SSL *ssl;
};

/* To 127.0.0.1:PORT.  RESUME: each offers the session of the one before. */
void tls_client_init(unsigned port, bool resume);

void tls_client_open(struct tls_client *c);

/* GET /, whose reply must be a 200 with SIZE bytes of body. */
void tls_client_ask(struct tls_client *c, unsigned size);

void tls_client_close(struct tls_client *c);

#endif
