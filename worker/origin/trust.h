/*
 * trust.h - whose signatures on servers' certificates count.
 */
#ifndef WORKER_ORIGIN_TRUST_H
#define WORKER_ORIGIN_TRUST_H

#include <openssl/ssl.h>

#include "common/conf/conf.h"

/*
 * CTX believes the authorities of TLS: its own, or those of this system, whose
 * bundle is read when the first asks for it: before "ready".  0 or -ENOMEM.
 * That there is no bundle is no error: it is logged, and no server that needs
 * it passes.
 */
int trust_set(SSL_CTX *ctx, const struct conf_origin_tls *tls);

/* Forgets the system's. */
void trust_free(void);

#endif
