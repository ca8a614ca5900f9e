/*
 * origin_tls.c - TLS to origins: who they must be, and who we are.
 *
 * Runs in workers, on any fiber; contexts are made before they are ready.  A
 * server is asked for by its name (SNI) and must show a certificate for it,
 * from somebody who is believed, unless verify = false; one without a name by
 * its address, which is verified alike.  Nothing is sent before all of that is
 * known, no bytes of TLS 1.3's early data either.
 */
#include "worker/origin/origin_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "common/base/insist.h"
#include "common/base/ip.h"
#include "common/base/log.h"
#include "common/shm/seat.h"
#include "worker/conn/tls.h"
#include "worker/conn/tls_pair.h"
#include "worker/origin/trust.h"

static struct tls_verdict verdict; /* of the last handshake that failed */

/* ---- contexts ---- */

/* It may be one of SSL's, so it outlives the connection. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_sessions *sessions = SSL_get_app_data(ssl);

	if (sessions == NULL)
		return 0;
	tls_sessions_keep(sessions, session);
	return 1;
}

static bool set_up(SSL_CTX *ctx, const struct conf_origin_tls *tls)
{
	bool ok = tls->min_version == 0 ||
	    SSL_CTX_set_min_proto_version(ctx, tls->min_version) == 1;

	if (ok && tls->ciphers != NULL)
		ok = SSL_CTX_set_cipher_list(ctx, tls->ciphers) == 1;
	if (ok && tls->suites != NULL)
		ok = SSL_CTX_set_ciphersuites(ctx, tls->suites) == 1;
	if (ok && tls->pair != NULL)
		ok = tls_pair_use(ctx, tls->pair);
	SSL_CTX_set_verify(ctx,
	    tls->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
	    tls->verify ? tls_verdict_on_certificate : NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR);
	SSL_CTX_sess_set_new_cb(ctx, on_session);
	return ok;
}

static bool has_https(const struct conf_pool *pool)
{
	for (unsigned i = 0; i < pool->server_count; i++)
		if (pool->servers[i].https)
			return true;
	return false;
}

static bool speaks_tls(const struct conf_pool *pool)
{
	return has_https(pool) || (pool->health != NULL &&
	    pool->health->type == CONF_HEALTH_TLS);
}

static int refuse(const struct conf_pool *pool, SSL_CTX *ctx)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	log_error("%s:%u: TLS of the pool can't be set up: %s",
	    pool->place.file, pool->place.line, why != NULL ? why : "?");
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return -EINVAL;
}

int origin_tls_make(const struct conf_pool *pool, SSL_CTX **ctx_r)
{
	SSL_CTX *ctx;
	int err;

	*ctx_r = NULL;
	if (!speaks_tls(pool))
		return 0;
	ctx = tls_context(TLS_client_method());
	if (ctx == NULL)
		return -ENOMEM;
	if (!set_up(ctx, &pool->tls))
		return refuse(pool, ctx);
	err = pool->tls.verify && has_https(pool)
	    ? trust_set(ctx, &pool->tls) : 0;
	ERR_clear_error();
	if (err < 0) {
		SSL_CTX_free(ctx);
		return err;
	}
	*ctx_r = ctx;
	return 0;
}

void origin_tls_renew(SSL_CTX *ctx, const struct conf_pair *pair)
{
	ERR_clear_error();
	if (!tls_pair_use(ctx, pair))
		log_error("certificate: %s can't be shown to origins: %s",
		    pair->cert_file,
		    ERR_reason_error_string(ERR_peek_last_error()));
	ERR_clear_error();
}

/* ---- names ---- */

/* "app.internal:8443", "[2001:db8::1]" */
static struct str without_port(struct str authority)
{
	const char *end;

	if (authority.n > 0 && authority.p[0] == '[') {
		authority = str_behind(authority, 1);
		end = memchr(authority.p, ']', authority.n);
	} else {
		end = memchr(authority.p, ':', authority.n);
	}
	return end != NULL
	    ? str_make(authority.p, (size_t)(end - authority.p)) : authority;
}

/* "_http._tcp.app.internal" is a service of app.internal. */
static struct str domain_of(struct str service)
{
	while (service.n > 0 && service.p[0] == '_') {
		const char *dot = memchr(service.p, '.', service.n);

		if (dot == NULL)
			break;
		service = str_behind(service, (size_t)(dot - service.p) + 1);
	}
	return service;
}

static struct str name_in_url(const struct conf_server *s)
{
	struct str name = without_port(str_from(s->host));

	if (s->is_service)
		name = domain_of(name);
	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	return name;
}

void origin_tls_name(struct origin_tls_name *name_r,
    const struct conf_pool *pool, const struct conf_server *s)
{
	struct out o = out_make(name_r->text, sizeof(name_r->text));

	out_str(&o, pool->tls.name != NULL ? str_from(pool->tls.name)
					   : name_in_url(s));
	(void)out_cstr(&o);
}

/* An address is never asked for (RFC 6066, 3), but verified as a name is. */
static bool set_name(SSL *ssl, const char *name)
{
	struct ip ip;

	if (ip_parse(str_from(name), &ip))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
		    name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 &&
	    SSL_set_tlsext_host_name(ssl, name) == 1;
}

/* ---- handshakes ---- */

static void resume(SSL *ssl, struct tls_sessions *sessions)
{
	SSL_SESSION *session = tls_sessions_take(sessions);

	if (session == NULL)
		return;
	(void)SSL_set_session(ssl, session);
	SSL_SESSION_free(session);
}

/* NULL: no memory. */
static SSL *open_ssl(const struct origin_tls *with)
{
	SSL *ssl;

	ERR_clear_error();
	ssl = SSL_new(with->ctx);
	if (ssl != NULL && (!set_name(ssl, with->name->text) ||
	    SSL_set_alpn_protos(ssl, (const unsigned char *)with->alpn.p,
		(unsigned)with->alpn.n) != 0)) {
		SSL_free(ssl);
		ssl = NULL;
	}
	if (ssl != NULL && !with->verify)
		SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	if (ssl != NULL && with->sessions != NULL) {
		SSL_set_app_data(ssl, with->sessions);
		resume(ssl, with->sessions);
	}
	ERR_clear_error();
	return ssl;
}

static bool is_ours(int err)
{
	return err == -ETIMEDOUT || err == -ECANCELED || err == -ENOMEM;
}

int origin_tls_shake(struct conn *c, const struct origin_tls *with,
    usec_t deadline)
{
	SSL *ssl = open_ssl(with);
	int err;

	if (ssl == NULL)
		return -ENOMEM;
	err = tls_connect(c, ssl, deadline);
	if (err == 0) {
		count(origin_handshakes);
		if (SSL_session_reused(ssl) == 1)
			count(origin_resumptions);
		return 0;
	}
	if (is_ours(err))
		return err;
	tls_verdict_find(&verdict, err == -EPROTO ? tls_error() : 0);
	count(origin_tls_failures);
	return -EPROTO;
}

const struct tls_verdict *origin_tls_verdict(void)
{
	return &verdict;
}

bool origin_tls_was_refused(const struct conn *c)
{
	if (!tls_verdict_is_refusal(c->tls_error))
		return false;
	tls_verdict_find(&verdict, c->tls_error);
	count(origin_tls_failures);
	return true;
}
