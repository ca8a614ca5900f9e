/*
 * issuer.h - who can be asked what an issuer says of its certificate (OCSP).
 *
 * OpenSSL's error queue is left empty.
 */
#ifndef COMMON_CONF_ISSUER_H
#define COMMON_CONF_ISSUER_H

#include <openssl/x509.h>

#include "common/base/hash.h"
#include "common/base/out.h"

/* The first responder that CERT names whose URL begins with http://, appended
 * to O with a NUL that is not counted.  False: none. */
bool conf_issuer_responder(X509 *cert, struct out *o);

/* What CERT is called where all workers keep what was said of it; never {0}. */
struct hash_id conf_issuer_id(X509 *cert);

/*
 * The same for PEM, a certificate and its chain.  O gets the responder's URL,
 * or why nobody is asked: a text that begins otherwise.
 */
struct hash_id conf_issuer_of(struct str pem, struct out *o);

/* Does PEM, a certificate, demand to be stapled (RFC 7633)? */
bool conf_issuer_demands(struct str pem);

#endif
