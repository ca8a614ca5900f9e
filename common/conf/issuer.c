/*
 * issuer.c - who can be asked what an issuer says of its certificate (OCSP).
 *
 * Runs in the master, which shows it, and in workers, which ask.
 */
#include "common/conf/issuer.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/tls1.h>
#include <openssl/x509v3.h>

bool conf_issuer_responder(X509 *cert, struct out *o)
{
	STACK_OF(OPENSSL_STRING) *urls;
	bool found = false;

	ERR_clear_error();
	urls = X509_get1_ocsp(cert);
	for (int i = 0; i < sk_OPENSSL_STRING_num(urls) && !found; i++) {
		struct str url = str_from(sk_OPENSSL_STRING_value(urls, i));

		found = str_starts_nocase(url, STR("http://"));
		if (found)
			out_str(o, url);
	}
	X509_email_free(urls);
	ERR_clear_error();
	(void)out_cstr(o);
	return found && out_ok(o);
}

struct hash_id conf_issuer_id(X509 *cert)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct hash_id id = {{0, 1}};
	unsigned n = 0;

	ERR_clear_error();
	if (X509_digest(cert, EVP_sha256(), digest, &n) == 1 &&
	    n >= sizeof(id))
		memcpy(&id, digest, sizeof(id));
	ERR_clear_error();
	return id;
}

struct hash_id conf_issuer_of(struct str pem, struct out *o)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *cert = bio != NULL
	    ? PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL) : NULL;
	X509 *issuer = cert != NULL
	    ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	struct hash_id id = {{0, 1}};

	if (cert != NULL)
		id = conf_issuer_id(cert);
	if (cert != NULL && issuer == NULL)
		out_lit(o, "the issuer's certificate is not in its files");
	else if (cert == NULL || !conf_issuer_responder(cert, o))
		out_lit(o, "the certificate names no responder with http://");
	X509_free(cert);
	X509_free(issuer);
	BIO_free(bio);
	ERR_clear_error();
	return id;
}

/* The feature is status_request: the number 5 in a sequence. */
bool conf_issuer_demands(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *cert = bio != NULL
	    ? PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL) : NULL;
	TLS_FEATURE *features = cert != NULL
	    ? X509_get_ext_d2i(cert, NID_tlsfeature, NULL, NULL) : NULL;
	bool found = false;

	for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		found |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features,
		    i)) == TLSEXT_TYPE_status_request;
	TLS_FEATURE_free(features);
	X509_free(cert);
	BIO_free(bio);
	ERR_clear_error();
	return found;
}
