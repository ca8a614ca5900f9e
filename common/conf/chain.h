/*
 * chain.h - certificates, each of which was issued by the next.
 *
 * For the master, while it reads files: everything here is freed at the end.
 */
#ifndef COMMON_CONF_CHAIN_H
#define COMMON_CONF_CHAIN_H

#include <openssl/x509.h>

#include "common/base/arena.h"
#include "common/conf/pem.h"

#define CONF_CHAIN_MAX 16

struct conf_link {
	X509 *x;
	const char *file;
	unsigned line; /* in it */
	unsigned part; /* enum conf_pair_part */
};

struct conf_chain {
	struct conf_link at[CONF_CHAIN_MAX];
	unsigned count;
};

/* The first certificate becomes the one that KEY belongs to.  False: there is
 * none. */
bool conf_chain_find_leaf(struct conf_chain *c, EVP_PKEY *key);

/*
 * Puts those behind the first in order, whatever theirs was.  What is there
 * twice, or leads to the same end another way, is left out.  NULL: it leads
 * on.  Else the first that has no place; and *last_r, which it has not issued.
 */
const struct conf_link *conf_chain_order(struct conf_chain *c,
    const struct conf_link **last_r);

/* "CN=www.example.com,O=Example", in A: of the subject, or of the issuer; what
 * has no name is called after the first that it is for. */
const char *conf_chain_subject(struct arena *a, X509 *x);
const char *conf_chain_issuer(struct arena *a, X509 *x);

/* Does X say where the certificate of its issuer is to be had?  Authorities
 * that clients know do not issue such ones themselves. */
bool conf_chain_names_issuer(X509 *x);

/* "EC P-256", "RSA 2048", "ED25519", in A. */
const char *conf_chain_key_kind(struct arena *a, EVP_PKEY *key);

void conf_chain_free(struct conf_chain *c);

#endif
