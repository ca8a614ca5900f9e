/*
 * client_certs.c - certificates of clients, in the handshake.
 *
 * Runs in workers.  A vhost whose routes all require one refuses who has none,
 * or a bad one, in the handshake: nobody else gets as far as HTTP.  A vhost
 * of which some routes do takes everybody, and remembers the verdict; then the
 * route decides (proxy/credential.c), with words that a browser can show.
 */
#include "worker/client_certs.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#define DEPTH 8 /* of issuers between the client's and one that we know */

/* Each certificate in TEXT is one that may have issued; clients are told their
 * names, and choose. */
static bool read_issuers(struct str text, X509_STORE *store,
    STACK_OF(X509_NAME) *names)
{
	BIO *pem = BIO_new_mem_buf(text.p, (int)text.n);
	unsigned count = 0;
	bool ok = pem != NULL;
	X509 *cert;

	while (ok && (cert = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL) {
		X509_NAME *name = X509_NAME_dup(X509_get_subject_name(cert));

		ok = X509_STORE_add_cert(store, cert) == 1 && name != NULL &&
		    sk_X509_NAME_push(names, name) > 0;
		if (!ok)
			X509_NAME_free(name);
		X509_free(cert);
		count++;
	}
	BIO_free(pem);
	return ok && count > 0;
}

/* The handshake goes on; SSL_get_verify_result says what was wrong. */
static int remember(X509_STORE_CTX *ctx, void *arg)
{
	(void)arg;
	(void)X509_verify_cert(ctx);
	return 1;
}

bool client_certs_trust(SSL_CTX *ctx, const struct conf_tls *tls)
{
	STACK_OF(X509_NAME) *names;

	if (tls->client_ca.n == 0)
		return true;
	names = sk_X509_NAME_new_null();
	if (names == NULL ||
	    !read_issuers(tls->client_ca, SSL_CTX_get_cert_store(ctx), names)) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return false;
	}
	SSL_CTX_set_client_CA_list(ctx, names);
	if (tls->client_cert == CONF_CLIENT_CERT_OPTIONAL)
		SSL_CTX_set_cert_verify_callback(ctx, remember, NULL);
	return true;
}

void client_certs_ask(SSL *ssl, const struct conf_tls *tls)
{
	if (tls->client_cert == CONF_CLIENT_CERT_NONE)
		return;
	SSL_set_verify_depth(ssl, DEPTH);
	SSL_set_verify(ssl, SSL_VERIFY_PEER |
	    (tls->client_cert == CONF_CLIENT_CERT_REQUIRE
		    ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
}
