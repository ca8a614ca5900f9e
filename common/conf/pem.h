/*
 * pem.h - what is in a file of certificates and keys: RFC 7468.
 */
#ifndef COMMON_CONF_PEM_H
#define COMMON_CONF_PEM_H

#include "common/base/str.h"

enum conf_pem_kind {
	CONF_PEM_CERTIFICATE,
	CONF_PEM_KEY,
	CONF_PEM_ENCRYPTED, /* a key with a password */
	CONF_PEM_REQUEST,   /* for a certificate */
	CONF_PEM_PUBLIC,
	CONF_PEM_PKCS7,
	CONF_PEM_SSH,
	CONF_PEM_OTHER, /* parameters, lists of revoked certificates */
	CONF_PEM_DER_CERTIFICATE, /* the same without PEM, */
	CONF_PEM_DER_KEY,	  /* which only conf_pem_guess says */
	CONF_PEM_DER_REQUEST,
	CONF_PEM_PKCS12,
	CONF_PEM_NOTHING,
	CONF_PEM_KINDS
};

struct conf_pem_block {
	enum conf_pem_kind kind;
	struct str text; /* with its BEGIN and END */
	unsigned line;	 /* of BEGIN, from 1 */
	bool whole;	 /* END is there */
};

/* A text that is read block by block. */
struct conf_pem {
	struct str rest;
	unsigned line; /* that REST begins with */
};

static inline struct conf_pem conf_pem_begin(struct str text)
{
	return (struct conf_pem){text, 1};
}

/* The next block; what stands between blocks is passed by.  False: the end. */
bool conf_pem_next(struct conf_pem *pem, struct conf_pem_block *block_r);

/* What TEXT is, which has no block.  OpenSSL's error queue is left empty. */
enum conf_pem_kind conf_pem_guess(struct str text);

/* "a certificate in DER" */
const char *conf_pem_name(enum conf_pem_kind kind);

/*
 * The command that makes of a file of KIND one that can be used, in front of
 * and behind the file's name; NULL: there is none.
 */
const char *conf_pem_command(enum conf_pem_kind kind, const char **behind_r);

#endif
