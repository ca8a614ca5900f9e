/*
 * trust.c - whose signatures on servers' certificates count.
 *
 * Runs in workers before they are ready: what OpenSSL would read later, by
 * name, it would not find.  So the system's authorities are read from one
 * bundle, never from a folder of hashed names, and all pools share them.
 */
#include "worker/origin/trust.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"

static X509_STORE *systems;

/* Where bundles are: Debian, Red Hat, SUSE, Alpine and the BSDs. */
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

static const char *find_bundle(void)
{
	const char *named = secure_getenv(X509_get_default_cert_file_env());

	if (named != NULL)
		return named;
	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	return X509_get_default_cert_file();
}

static int load_systems(void)
{
	const char *bundle = find_bundle();

	systems = X509_STORE_new();
	if (systems == NULL)
		return -ENOMEM;
	if (X509_STORE_load_file(systems, bundle) != 1)
		log_warning("%s holds no certificates of authorities: servers "
		    "with https:// are refused; install ca-certificates, or "
		    "say tls.ca in their pools", bundle);
	ERR_clear_error();
	return 0;
}

/* All that are in TEXT, whose form the master has checked. */
static X509_STORE *load_own(struct str text)
{
	X509_STORE *store = X509_STORE_new();
	BIO *pem = BIO_new_mem_buf(text.p, (int)text.n);
	X509 *cert;
	bool ok = store != NULL && pem != NULL;

	while (ok &&
	    (cert = PEM_read_bio_X509_AUX(pem, NULL, NULL, NULL)) != NULL) {
		ok = X509_STORE_add_cert(store, cert) == 1;
		X509_free(cert);
	}
	BIO_free(pem);
	ERR_clear_error();
	if (ok)
		return store;
	X509_STORE_free(store);
	return NULL;
}

/* Who is named is believed, whoever has signed it: an authority in the middle,
 * or the server's own certificate. */
static int set_own(SSL_CTX *ctx, struct str text)
{
	X509_STORE *store = load_own(text);

	if (store == NULL)
		return -ENOMEM;
	SSL_CTX_set_cert_store(ctx, store);
	(void)X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx),
	    X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

int trust_set(SSL_CTX *ctx, const struct conf_origin_tls *tls)
{
	int err = 0;

	if (tls->ca.n > 0)
		return set_own(ctx, tls->ca);
	if (systems == NULL)
		err = load_systems();
	if (err == 0)
		SSL_CTX_set1_cert_store(ctx, systems);
	return err;
}

void trust_free(void)
{
	X509_STORE_free(systems);
	systems = NULL;
}
