/*
 * tls_pair.c - a certificate and its key, for OpenSSL.
 *
 * Runs in workers.  This and the master's reading of files are all that touches
 * private keys.
 */
#include "worker/conn/tls_pair.h"

#include <openssl/pem.h>

static bool use_chain(SSL_CTX *ctx, BIO *pem)
{
	X509 *cert = PEM_read_bio_X509_AUX(pem, NULL, NULL, NULL);
	bool ok = cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1;

	X509_free(cert);
	while (ok && (cert = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ctx, cert) != 1) {
			X509_free(cert);
			ok = false;
		}
	return ok;
}

static bool use_key(SSL_CTX *ctx, BIO *pem)
{
	EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL);
	bool ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;

	EVP_PKEY_free(key);
	return ok;
}

bool tls_pair_use(SSL_CTX *ctx, const struct conf_pair *pair)
{
	BIO *cert = BIO_new_mem_buf(pair->cert.p, (int)pair->cert.n);
	BIO *key = BIO_new_mem_buf(pair->key.p, (int)pair->key.n);
	bool ok = cert != NULL && key != NULL && use_chain(ctx, cert) &&
	    use_key(ctx, key);

	BIO_free(cert);
	BIO_free(key);
	return ok;
}
