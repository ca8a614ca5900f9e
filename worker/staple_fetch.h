/*
 * staple_fetch.h - an OCSP response, fetched from its responder.
 */
#ifndef WORKER_STAPLE_FETCH_H
#define WORKER_STAPLE_FETCH_H

#include <openssl/x509.h>

#include "common/shm/staples.h"
#include "worker/fiber/fiber.h"
#include "worker/origin/dns.h"

/* From the connect to the last byte. */
#define STAPLE_FETCH_PATIENCE (10 * USEC_PER_SEC)

/* No fetch takes longer than this. */
#define STAPLE_FETCH_LONGEST (DNS_PATIENCE + STAPLE_FETCH_PATIENCE)

/* Asks the responder at URL, http://..., about CERT of ISSUER; *outcome_r says
 * what came of it. */
WAITS void staple_fetch(X509 *cert, X509 *issuer, struct str url,
    struct staple_outcome *outcome_r);

#endif
