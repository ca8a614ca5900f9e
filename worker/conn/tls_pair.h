/*
 * tls_pair.h - certificates and their keys, for OpenSSL.
 *
 * Each is read once, and shared by all contexts that show it: those of vhosts,
 * and those of pools.
 */
#ifndef WORKER_CONN_TLS_PAIR_H
#define WORKER_CONN_TLS_PAIR_H

#include <openssl/ssl.h>

#include "common/conf/tls_t.h"

struct tls_pair {
	X509 *cert;
	STACK_OF(X509) *chain; /* the first, if there is one, has issued CERT */
	EVP_PKEY *key;
};

/* Of PEM: a certificate with its chain, and its key.  NULL: OpenSSL's error
 * queue says why. */
struct tls_pair *tls_pair_read(struct str cert, struct str key);

/* Contexts that have it go on with it. */
void tls_pair_free(struct tls_pair **p);

/* There are COUNT of them.  0 or -ENOMEM. */
int tls_pairs_init(unsigned count);

/* P is used from now on where the pair NUMBER is meant.  The former one, or
 * NULL, is the caller's. */
struct tls_pair *tls_pair_set(unsigned number, struct tls_pair *p);

/* CTX shows PAIR, or what was set for it, beside others with other kinds of
 * keys.  False: OpenSSL's error queue says why. */
bool tls_pair_use(SSL_CTX *ctx, const struct conf_pair *pair);

#endif
