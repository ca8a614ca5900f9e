/*
 * tls_pair.h - a certificate and its key, for OpenSSL.
 */
#ifndef WORKER_CONN_TLS_PAIR_H
#define WORKER_CONN_TLS_PAIR_H

#include <openssl/ssl.h>

#include "common/conf/tls_t.h"

/* CTX shows PAIR, beside others with other kinds of keys.  False: OpenSSL's
 * error queue says why. */
bool tls_pair_use(SSL_CTX *ctx, const struct conf_pair *pair);

#endif
