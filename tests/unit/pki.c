/*
 * pki.c - keys and certificates for tests, made on the spot.
 */
#include "tests/unit/pki.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/insist.h"

#define YEAR (365L * 24 * 3600)

static void add_name(X509_NAME *name, const char *cn)
{
	if (cn != NULL)
		INSIST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
			   (const unsigned char *)cn, -1, -1, 0) == 1);
}

static void add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	INSIST(e != NULL && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static X509 *make(EVP_PKEY *key, const struct pki_ask *ask)
{
	static long serial = 1;
	X509 *x = X509_new();
	X509 *issuer = ask->issuer != NULL ? ask->issuer->x : x;
	EVP_PKEY *signer = ask->issuer != NULL ? ask->issuer->key : key;
	const char *digest = ask->digest != NULL ? ask->digest : "SHA256";

	INSIST(x != NULL && X509_set_version(x, 2) == 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_gmtime_adj(X509_getm_notBefore(x), ask->from);
	X509_gmtime_adj(X509_getm_notAfter(x),
	    ask->from == 0 && ask->to == 0 ? YEAR : ask->to);
	add_name(X509_get_subject_name(x), ask->cn);
	X509_set_issuer_name(x, X509_get_subject_name(issuer));
	X509_set_pubkey(x, key);
	add_extension(x, issuer, NID_subject_key_identifier, "hash");
	if (ask->ca)
		add_extension(x, issuer, NID_basic_constraints,
		    "critical,CA:TRUE");
	if (ask->san != NULL)
		add_extension(x, issuer, NID_subject_alt_name, ask->san);
	INSIST(X509_sign(x, signer, EVP_get_digestbyname(digest)) > 0);
	return x;
}

void pki_make(struct pki *p, const struct pki_ask *ask)
{
	p->key = ask->rsa > 0 ? EVP_RSA_gen((unsigned)ask->rsa)
			      : EVP_EC_gen("P-256");
	INSIST(p->key != NULL);
	p->x = make(p->key, ask);
}

void pki_free(struct pki *p)
{
	EVP_PKEY_free(p->key);
	X509_free(p->x);
	*p = (struct pki){NULL, NULL};
}

static char *take(BIO *bio)
{
	char *data, *text;
	long n = BIO_get_mem_data(bio, &data);

	text = strndup(data, (size_t)n);
	INSIST(text != NULL);
	BIO_free(bio);
	return text;
}

char *pki_cert(const struct pki *p)
{
	BIO *bio = BIO_new(BIO_s_mem());

	INSIST(PEM_write_bio_X509(bio, p->x) == 1);
	return take(bio);
}

char *pki_key(const struct pki *p, const char *password)
{
	BIO *bio = BIO_new(BIO_s_mem());

	INSIST(PEM_write_bio_PKCS8PrivateKey(bio, p->key,
		   password != NULL ? EVP_aes_128_cbc() : NULL, password,
		   password != NULL ? (int)strlen(password) : 0, NULL,
		   NULL) == 1);
	return take(bio);
}
