/*
 * pki.h - keys and certificates for tests, made on the spot.
 */
#ifndef TESTS_UNIT_PKI_H
#define TESTS_UNIT_PKI_H

#include <openssl/x509.h>
#include <stdbool.h>

struct pki {
	EVP_PKEY *key;
	X509 *x;
};

/* What is not said has a default. */
struct pki_ask {
	const char *cn;		/* NULL: the subject is empty */
	const char *san;	/* "DNS:a.example.com,DNS:*.b.example.com" */
	const struct pki *issuer; /* NULL: itself */
	int rsa;		/* bits; 0: EC P-256 */
	const char *digest;	/* "SHA256" */
	long from, to;		/* seconds from now; 0, 0: valid for a year */
	bool ca;
};

void pki_make(struct pki *p, const struct pki_ask *ask);
void pki_free(struct pki *p);

/* Text in PEM; the caller frees it. */
char *pki_cert(const struct pki *p);
char *pki_key(const struct pki *p, const char *password);

#endif
