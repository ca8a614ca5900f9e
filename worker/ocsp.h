/*
 * ocsp.h - what an issuer says of its certificate: OCSP (RFC 6960).
 *
 * Pure: bytes of requests are made here, and bytes of answers judged; who
 * carries them is staple_fetch.h.  OpenSSL's error queue is left empty.
 */
#ifndef WORKER_OCSP_H
#define WORKER_OCSP_H

#include <openssl/x509.h>

#include "common/base/out.h"
#include "common/shm/staples.h"

/* Before the worker is ready: reads what the C library's dates are made by. */
void ocsp_init(void);

/* Appends to O the question about CERT, which ISSUER has signed.  False: no
 * memory, or no room. */
bool ocsp_request(X509 *cert, X509 *issuer, struct out *o);

/*
 * What the answer DER says about CERT at WALL, on the wall clock.  It must be
 * signed by ISSUER or by whom ISSUER has made a responder, answer for CERT, and
 * be valid at WALL; good and revoked are both answers, unknown is a fault.
 */
void ocsp_judge(X509 *cert, X509 *issuer, struct str der, usec_t wall,
    struct staple_outcome *outcome_r);

#endif
