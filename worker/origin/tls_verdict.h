/*
 * tls_verdict.h - why a server's TLS was not accepted, or ours by the server.
 */
#ifndef WORKER_ORIGIN_TLS_VERDICT_H
#define WORKER_ORIGIN_TLS_VERDICT_H

#include <openssl/ssl.h>

#include "worker/http/message.h"

struct tls_verdict {
	enum fault fault;
	char detail[240]; /* what was wrong, in words; or "" */
	const char *help; /* what can be done, or "" */
};

/* For SSL_CTX_set_verify: remembers what is wrong with a certificate. */
int tls_verdict_on_certificate(int ok, X509_STORE_CTX *ctx);

/* A handshake has just failed for ERROR of OpenSSL; 0: the connection broke. */
void tls_verdict_find(struct tls_verdict *v, unsigned long error);

/* Is ERROR what a server says that does not take our certificate? */
bool tls_verdict_is_refusal(unsigned long error);

#endif
