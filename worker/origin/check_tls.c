/*
 * check_tls.c - a check that makes a TLS handshake.
 *
 * Runs in workers, on the fiber of the check.  OpenSSL works on the
 * descriptor; on WANT_READ or WANT_WRITE we park outside of it.  All fibers
 * share its error queue, so it is empty before each call and emptied behind.
 *
 * The question is whether somebody speaks TLS there: the certificate is not
 * verified, as a server can be well whose certificate is for others.  What
 * OpenSSL reads from files it reads in check_tls_init.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "worker/origin/check_inside.h"

static SSL_CTX *context;

int check_tls_init(void)
{
	ERR_clear_error();
	context = SSL_CTX_new(TLS_client_method());
	ERR_clear_error();
	if (context == NULL)
		return -ENOMEM;
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	return 0;
}

void check_tls_free(void)
{
	SSL_CTX_free(context);
	context = NULL;
}

/* A session for C; NULL: no memory. */
static SSL *open_session(const struct check_target *t, struct conn *c)
{
	SSL *ssl;

	ERR_clear_error();
	ssl = SSL_new(context);
	if (ssl != NULL && (SSL_set_fd(ssl, c->watch.fd) != 1 ||
		(t->conf->host.n > 0 &&
		    SSL_set_tlsext_host_name(ssl, t->conf->host.p) != 1))) {
		SSL_free(ssl);
		ssl = NULL;
	}
	ERR_clear_error();
	return ssl;
}

const char *check_tls_reason(unsigned error)
{
	return error != 0 ? ERR_reason_error_string(error) : NULL;
}

/* What SSL_connect wants: 0 done, WATCH_READ, WATCH_WRITE; -1: it failed, for
 * *ERROR_R. */
static int step(SSL *ssl, unsigned *error_r)
{
	int rc, why;

	ERR_clear_error();
	rc = SSL_connect(ssl);
	why = SSL_get_error(ssl, rc);
	*error_r = (unsigned)ERR_peek_error();
	ERR_clear_error();
	if (rc == 1)
		return 0;
	if (why == SSL_ERROR_WANT_READ)
		return WATCH_READ;
	return why == SSL_ERROR_WANT_WRITE ? WATCH_WRITE : -1;
}

static struct check_result shake_hands(SSL *ssl, struct conn *c,
    usec_t deadline)
{
	unsigned error;
	int wants;

	while ((wants = step(ssl, &error)) > 0) {
		int err;

		watch_dry(&c->watch, (unsigned)wants);
		err = watch_wait(&c->watch, (unsigned)wants, deadline);
		if (err < 0)
			return check_broken(err);
	}
	if (wants == 0)
		return check_result(CHECK_passed, 0);
	return check_result(CHECK_handshake, error);
}

struct check_result check_tls(const struct check_target *t, struct conn *c,
    usec_t deadline)
{
	SSL *ssl = open_session(t, c);
	struct check_result result;

	if (ssl == NULL)
		return check_result(CHECK_skipped, 0);
	result = shake_hands(ssl, c, deadline);
	ERR_clear_error();
	if (result.outcome == CHECK_passed)
		(void)SSL_shutdown(ssl); /* tells the end, waits for nothing */
	SSL_free(ssl);
	ERR_clear_error();
	return result;
}
