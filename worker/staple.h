/*
 * staple.h - OCSP stapling (RFC 6066, section 8): who fetches when, and what a
 * handshake gets.
 *
 * All workers have the same timetable, the records of common/shm/staples.h.  A
 * handshake finds the response beside its certificate, without a look at
 * anything shared.  Without a good one, or with one that has run out, nothing
 * is stapled.
 */
#ifndef WORKER_STAPLE_H
#define WORKER_STAPLE_H

#include <openssl/ssl.h>

#include "common/conf/conf.h"

struct staple;

/* Before the first staple_begin, and before this worker is ready: opens what
 * looking names up takes.  0 or -ENOMEM. */
int staple_init(const struct conf *conf);

/*
 * CERT, of the file NAME (which is kept by pointer), is stapled from now on
 * wherever a context has it that was told so.  Both certificates are held until
 * staple_end.  NULL: out of memory, or CERT names no responder with http://.
 */
struct staple *staple_begin(X509 *cert, X509 *issuer, const char *name);

void staple_end(struct staple **s);

/* Handshakes of CTX get what is there for their certificate. */
void staple_enable(SSL_CTX *ctx);

#endif
