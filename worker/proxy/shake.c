/*
 * shake.c - a client's handshake of TLS.
 *
 * Runs on the client's fiber.  It must be over within tls.handshake_timeout of
 * the connection's beginning.  An address that comes too often is closed
 * before any of it costs CPU (limits.handshakes, of all workers together).
 *
 * Who speaks HTTP here gets an answer in HTTP: it was a person, mostly, who
 * forgot an "s".
 *
 * Failures are the client's affair, and there may be many: the log has one a
 * second, and says how many others there were.
 */
#include "worker/proxy/shake.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "common/base/log.h"
#include "common/shm/rates.h"
#include "common/shm/seat.h"
#include "worker/conn/tls.h"
#include "worker/proxy/credential.h"
#include "worker/proxy/handshake.h"

#define SAY_EVERY USEC_PER_SEC
#define NAME_MAX_LEN 255
#define ANSWER_PATIENCE USEC_PER_SEC
#define NETWORK_OF_IP6 8 /* bytes: who has one has all of a /64 */

static shake_open_fn *open_ssl;
static bool early; /* somebody here takes early data */
static struct conf_flood limit;
static struct hash_key secret;
static char unknown[NAME_MAX_LEN + 1]; /* of the last handshake; or "" */

void shake_init(const struct conf *conf, const struct hash_key *key)
{
	for (unsigned i = 0; i < conf->tls_count; i++)
		early |= conf->tls[i]->early_data;
	limit = conf->scope->limits.handshakes;
	secret = *key;
}

void shake_supply(shake_open_fn *open)
{
	open_ssl = open;
}

void shake_unknown(struct str name)
{
	size_t n = name.n < NAME_MAX_LEN ? name.n : NAME_MAX_LEN;

	memcpy(unknown, name.p, n);
	unknown[n] = '\0';
}

/* ---- too often ---- */

static bool may_come(const struct client *c)
{
	size_t n = c->peer.family == AF_INET6 ? NETWORK_OF_IP6 : 4;

	if (limit.count == 0 || c->peer.family == AF_UNIX)
		return true;
	return rates_take(hash_bytes(&secret, c->peer.bytes, n), limit.count,
	    limit.over, loop_now());
}

/* ---- plain HTTP ---- */

#define PLAIN_BODY                                                             \
	"400 Bad Request\n\n"                                                  \
	"This address speaks HTTPS, and the request came in plain HTTP.\n"     \
	"Write https:// in front of the address.\n"

/* There is no vhost, no request, and nothing that TLS has sent. */
static void answer_plain(struct client *c)
{
	static const char reply[] = "HTTP/1.1 400 Bad Request\r\n"
				    "Content-Type: text/plain\r\n"
				    "Cache-Control: no-store\r\n"
				    "Connection: close\r\n\r\n" PLAIN_BODY;
	struct iovec iov = {(void *)reply, sizeof(reply) - 1};
	struct pace pace = {.left = ANSWER_PATIENCE};

	count(handshakes_plain);
	tls_drop(&c->conn);
	if (conn_write(&c->conn, &iov, 1, &pace) == 0)
		conn_close_gently(&c->conn, &pace);
}

static bool is_plain(int err)
{
	int reason = ERR_GET_REASON(tls_error());

	return err == -EPROTO && (reason == SSL_R_HTTP_REQUEST ||
	    reason == SSL_R_HTTPS_PROXY_REQUEST);
}

/* ---- failures ---- */

static const char *reason_of(int err)
{
	if (err == -ETIMEDOUT)
		return "it was not over within tls.handshake_timeout";
	if (err != -EPROTO)
		return strerror(-err);
	if (ERR_GET_REASON(tls_error()) == SSL_R_CALLBACK_FAILED)
		return "no vhost here has the name";
	return tls_reason();
}

static void say_failed(const struct client *c, int err)
{
	static usec_t say_next;
	static unsigned others;
	char text[IP_TEXT_MAX + 1];
	struct out o = out_make(text, sizeof(text));
	const char *name = c->conn.tls != NULL
	    ? SSL_get_servername(c->conn.tls, TLSEXT_NAMETYPE_host_name)
	    : NULL;

	if (loop_now() < say_next) {
		others++;
		return;
	}
	say_next = loop_now() + SAY_EVERY;
	ip_write(&c->peer, &o);
	if (name == NULL)
		name = unknown[0] != '\0' ? unknown : "no name";
	log_info("the handshake of %s (%s) on %s failed: %s; %u others since "
	    "the last that was told of", out_cstr(&o), name,
	    c->listener->address.text, reason_of(err), others);
	others = 0;
}

static void fail(struct client *c, int err)
{
	if (err == -ECANCELED)
		return;
	handshake_failed(err);
	if (is_plain(err)) {
		answer_plain(c);
		return;
	}
	say_failed(c, err);
}

bool shake_hands(struct client *c, usec_t deadline)
{
	SSL *ssl;
	int err;

	if (!may_come(c)) {
		count(handshakes_limited);
		return false;
	}
	c->shaking = -loop_now();
	unknown[0] = '\0';
	ssl = open_ssl(c);
	if (ssl == NULL)
		err = -ENOMEM;
	else if (early)
		err = tls_accept_early(&c->conn, ssl, deadline);
	else
		err = tls_accept(&c->conn, ssl, deadline);
	if (err < 0) {
		fail(c, err);
		return false;
	}
	c->shaking += loop_now();
	count(handshakes);
	if (SSL_session_reused(c->conn.tls))
		count(handshakes_resumed);
	return credential_take(c) == 0;
}
