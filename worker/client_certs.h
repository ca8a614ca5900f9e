/*
 * client_certs.h - certificates of clients, in the handshake.
 */
#ifndef WORKER_CLIENT_CERTS_H
#define WORKER_CLIENT_CERTS_H

#include <openssl/ssl.h>

#include "common/conf/conf.h"

/* CTX trusts whom TLS names as issuers.  False: OpenSSL's queue says why. */
bool client_certs_trust(SSL_CTX *ctx, const struct conf_tls *tls);

/* The client of SSL, whose vhost is known by now, is asked as TLS says. */
void client_certs_ask(SSL *ssl, const struct conf_tls *tls);

#endif
