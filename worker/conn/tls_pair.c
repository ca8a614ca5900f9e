/*
 * tls_pair.c - certificates and their keys, for OpenSSL.
 *
 * Runs in workers.  This and the master's reading of files are all that touches
 * private keys: what is to leave the workers one day leaves from here.
 */
#include "worker/conn/tls_pair.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "common/base/insist.h"

static struct tls_pair **pairs; /* by number */
static unsigned pair_count;

static bool read_chain(struct tls_pair *p, BIO *pem)
{
	X509 *cert;

	p->cert = PEM_read_bio_X509_AUX(pem, NULL, NULL, NULL);
	p->chain = sk_X509_new_null();
	if (p->cert == NULL || p->chain == NULL)
		return false;
	while ((cert = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(p->chain, cert) == 0) {
			X509_free(cert);
			return false;
		}
	return true;
}

struct tls_pair *tls_pair_read(struct str cert_pem, struct str key_pem)
{
	struct tls_pair *p = calloc(1, sizeof(*p));
	BIO *cert = BIO_new_mem_buf(cert_pem.p, (int)cert_pem.n);
	BIO *key = BIO_new_mem_buf(key_pem.p, (int)key_pem.n);
	bool ok = p != NULL && cert != NULL && key != NULL &&
	    read_chain(p, cert);

	if (ok)
		p->key = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
	BIO_free(cert);
	BIO_free(key);
	if (p != NULL && p->key == NULL)
		tls_pair_free(&p);
	return p;
}

void tls_pair_free(struct tls_pair **p_p)
{
	struct tls_pair *p = *p_p;

	*p_p = NULL;
	if (p == NULL)
		return;
	X509_free(p->cert);
	sk_X509_pop_free(p->chain, X509_free);
	EVP_PKEY_free(p->key);
	free(p);
}

int tls_pairs_init(unsigned count)
{
	pairs = calloc(count + 1, sizeof(*pairs));
	pair_count = count;
	return pairs != NULL ? 0 : -ENOMEM;
}

struct tls_pair *tls_pair_set(unsigned number, struct tls_pair *p)
{
	struct tls_pair *former;

	INSIST(number < pair_count);
	former = pairs[number];
	pairs[number] = p;
	return former;
}

bool tls_pair_use(SSL_CTX *ctx, const struct conf_pair *pair)
{
	const struct tls_pair *set =
	    pair->number < pair_count ? pairs[pair->number] : NULL;
	struct tls_pair *own = NULL;
	bool ok;

	if (set == NULL)
		set = own = tls_pair_read(pair->cert, pair->key);
	ok = set != NULL && SSL_CTX_use_cert_and_key(ctx, set->cert, set->key,
	    set->chain, 1) == 1;
	tls_pair_free(&own);
	return ok;
}
