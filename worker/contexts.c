/*
 * contexts.c - what this generation speaks TLS with: an SSL_CTX a vhost.
 *
 * Runs in workers.  A handshake begins under a context of the listener's, with
 * which nobody is served; when the ClientHello has said a name, the vhost of
 * that name brings its own, before any certificate is chosen and any session
 * is looked up.  A name that no vhost has is refused (RFC 6066, 3).
 *
 * A certificate that is renewed has new contexts made beside the old; these are
 * freed when the last connection under them ends.
 */
#include "worker/contexts.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "worker/client_certs.h"
#include "worker/conn/tls.h"
#include "worker/conn/tls_pair.h"
#include "worker/proxy/shake.h"
#include "worker/resumption.h"
#include "worker/staple.h"

#define NAME_MAX_LEN 255 /* of DNS */

static const struct conf *conf;
static SSL_CTX **contexts; /* by the number of the conf_tls */
static SSL_CTX *nobodys;   /* of all listeners: until a name is known */

/* ---- what is agreed upon ---- */

/* RFC 7301: who offers something, but nothing of ours, is refused; where bytes
 * are passed on, whatever it is, nothing is chosen. */
static int choose_protocol(SSL *ssl, const unsigned char **out,
    unsigned char *out_len, const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char both[] = "\x02h2\x08http/1.1";
	const struct conf_tls *tls = arg;
	unsigned skip = tls->h2 ? 0 : 3;
	const struct client *c = SSL_get_app_data(ssl);
	unsigned char *chosen;

	if (c->listener->tcp)
		return SSL_TLSEXT_ERR_NOACK;
	if (SSL_select_next_proto(&chosen, out_len, both + skip,
	    sizeof(both) - 1 - skip, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static bool set_up(SSL_CTX *ctx, const struct conf_tls *tls)
{
	bool ok = SSL_CTX_set_min_proto_version(ctx, tls->min_version) == 1 &&
	    SSL_CTX_set_session_id_context(ctx,
		(const unsigned char *)&tls->policy, sizeof(tls->policy)) == 1;

	if (ok && tls->ciphers != NULL)
		ok = SSL_CTX_set_cipher_list(ctx, tls->ciphers) == 1;
	if (ok && tls->suites != NULL)
		ok = SSL_CTX_set_ciphersuites(ctx, tls->suites) == 1;
	for (unsigned i = 0; ok && i < tls->pair_count; i++)
		ok = tls_pair_use(ctx, tls->pairs[i]);
	ok = ok && client_certs_trust(ctx, tls);
	if (tls->ocsp_staple)
		staple_enable(ctx);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, (void *)tls);
	return ok;
}

/* NULL: it was logged why. */
static SSL_CTX *make(const struct conf_tls *tls)
{
	SSL_CTX *ctx = tls_context(TLS_server_method());

	if (ctx != NULL && set_up(ctx, tls)) {
		ERR_clear_error();
		return ctx;
	}
	log_error("%s:%u: TLS can't be set up: %s", tls->place.file,
	    tls->place.line, ERR_reason_error_string(ERR_peek_last_error()));
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return NULL;
}

/* ---- who is meant ---- */

/* RFC 6066, 3: a list of one host name.  STR_NONE: it is something else. */
static struct str read_names(const unsigned char *p, size_t n)
{
	size_t len;

	if (n < 5 || (size_t)(p[0] << 8 | p[1]) != n - 2 ||
	    p[2] != TLSEXT_NAMETYPE_host_name)
		return STR_NONE;
	len = (size_t)(p[3] << 8 | p[4]);
	if (len != n - 5 || len == 0 || len > NAME_MAX_LEN ||
	    memchr(p + 5, '\0', len) != NULL)
		return STR_NONE;
	return str_make((const char *)p + 5, len);
}

/* In lower case into TEXT, of NAME_MAX_LEN bytes, without a dot at its end. */
static struct str fold(struct str name, char *text)
{
	for (size_t i = 0; i < name.n; i++)
		text[i] = char_lower(name.p[i]);
	if (text[name.n - 1] == '.')
		name.n--;
	return str_make(text, name.n);
}

/* The vhost of L for the name that the ClientHello in SSL says, or NULL. */
static const struct conf_vhost *find_vhost(const struct conf_listener *l,
    SSL *ssl)
{
	const unsigned char *p;
	const struct conf_vhost *v;
	char text[NAME_MAX_LEN];
	struct str name;
	size_t n;

	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &n) != 1)
		return l->names.catch_all;
	name = read_names(p, n);
	if (name.n == 0)
		return NULL;
	v = conf_names_find(&l->names, fold(name, text));
	if (v == NULL)
		shake_unknown(name);
	return v;
}

/* Asked once a handshake: a second ClientHello finds the vhost's context. */
static int on_hello(SSL *ssl, int *alert, void *arg)
{
	struct client *c = SSL_get_app_data(ssl);
	const struct conf_vhost *v = find_vhost(c->listener, ssl);
	const struct conf_tls *tls = v != NULL ? v->tls : NULL;

	(void)arg;
	if (tls == NULL) {
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_CLIENT_HELLO_ERROR;
	}
	c->vhost = v;
	SSL_set_SSL_CTX(ssl, contexts[tls->number]);
	client_certs_ask(ssl, tls);
	if (tls->early_data)
		resumption_allow_early(ssl);
	if (SSL_set_min_proto_version(ssl, tls->min_version) != 1)
		return SSL_CLIENT_HELLO_ERROR;
	return SSL_CLIENT_HELLO_SUCCESS;
}

/* Acknowledged, as there is a vhost of that name. */
static int on_name(SSL *ssl, int *alert, void *arg)
{
	(void)ssl;
	(void)alert;
	(void)arg;
	return SSL_TLSEXT_ERR_OK;
}

static SSL *open_for(struct client *c)
{
	SSL *ssl = SSL_new(nobodys);

	ERR_clear_error();
	if (ssl != NULL)
		SSL_set_app_data(ssl, c);
	return ssl;
}

/* ---- certificates that are renewed ---- */

static bool has_pair(const struct conf_tls *tls, unsigned number)
{
	for (unsigned i = 0; i < tls->pair_count; i++)
		if (tls->pairs[i]->number == number)
			return true;
	return false;
}

/* New ones, of all that have the pair NUMBER; the others stay NULL.  False:
 * none, it was logged why. */
static bool make_with(SSL_CTX **made, unsigned number)
{
	for (unsigned i = 0; i < conf->tls_count; i++) {
		if (!has_pair(conf->tls[i], number))
			continue;
		made[i] = make(conf->tls[i]);
		if (made[i] == NULL)
			return false;
	}
	return true;
}

/* Who shakes hands under an old one goes on with it. */
static void swap(SSL_CTX **made)
{
	for (unsigned i = 0; i < conf->tls_count; i++) {
		SSL_CTX *old = contexts[i];

		if (made[i] == NULL)
			continue;
		contexts[i] = made[i];
		made[i] = old;
	}
}

bool contexts_renew(unsigned number)
{
	SSL_CTX **made = calloc(conf->tls_count + 1, sizeof(*made));
	bool ok = made != NULL && make_with(made, number);

	if (ok)
		swap(made);
	for (unsigned i = 0; made != NULL && i < conf->tls_count; i++)
		SSL_CTX_free(made[i]);
	free(made);
	return ok;
}

/* ---- at the start ---- */

/* Even where all TLS is passed through somebody must refuse the others. */
static bool speaks_tls(void)
{
	for (unsigned i = 0; i < conf->listener_count; i++)
		if (conf->listeners[i].tls)
			return true;
	return false;
}

int contexts_init(const struct conf *c)
{
	conf = c;
	contexts = calloc(conf->tls_count + 1, sizeof(*contexts));
	if (contexts == NULL)
		return -ENOMEM;
	if (!speaks_tls())
		return 0;
	for (unsigned i = 0; i < conf->tls_count; i++) {
		contexts[i] = make(conf->tls[i]);
		if (contexts[i] == NULL)
			return -EINVAL;
	}
	nobodys = tls_context(TLS_server_method());
	if (nobodys == NULL || resumption_init() < 0)
		return -ENOMEM;
	resumption_serve(nobodys);
	SSL_CTX_set_client_hello_cb(nobodys, on_hello, NULL);
	SSL_CTX_set_tlsext_servername_callback(nobodys, on_name);
	shake_supply(open_for);
	return 0;
}
