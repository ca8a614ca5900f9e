/*
 * greeting.c - what comes before a client's first request.
 *
 * Runs on the fiber that the client's first byte has started:
 *
 *   whom a peer speaks for, if it may say that
 *   whom TLS asks for: perhaps its bytes are only to be passed on
 *   the handshake of TLS, which says which HTTP is spoken
 *
 * A client that was greeted stays so while it is parked between requests.
 */
#include "worker/proxy/greeting.h"

#include <errno.h>

#include "common/base/log.h"
#include "common/shm/seat.h"
#include "worker/conn/tls.h"
#include "worker/proxy/handshake.h"
#include "worker/proxy/introduce.h"
#include "worker/proxy/passage.h"

static greeting_open_fn *open_ssl;

void greeting_supply(greeting_open_fn *open)
{
	open_ssl = open;
}

/* A failed handshake is the client's affair, mostly. */
static void say_failed(const struct client *c, int err)
{
	handshake_failed(err);
	log_debug("the handshake of a client on %s failed: %s",
	    c->listener->address.text,
	    err == -EPROTO ? tls_reason() : strerror(-err));
}

static int shake_hands(struct client *c, usec_t deadline)
{
	SSL *ssl = open_ssl(c);
	int err = ssl != NULL ? tls_accept(&c->conn, ssl, deadline) : -ENOMEM;

	if (err < 0) {
		say_failed(c, err);
		return err;
	}
	count(handshakes);
	if (SSL_session_reused(c->conn.tls))
		count(handshakes_resumed);
	return 0;
}

enum greeting greet(struct client *c)
{
	const struct conf_listener *l = c->listener;
	usec_t deadline;

	if (!introduce(c))
		return GREETED_NOBODY;
	deadline = loop_now() + l->handshake_timeout;
	if (l->passthrough && c->conn.tls == NULL && passage_asked(c, deadline))
		return GREETED_BYTES;
	if (l->tls && c->conn.tls == NULL && shake_hands(c, deadline) < 0)
		return GREETED_NOBODY;
	if (l->tcp) {
		c->vhost = l->names.catch_all;
		return GREETED_BYTES;
	}
	return str_eq(tls_alpn(&c->conn), STR("h2")) ? GREETED_H2
						     : GREETED_HTTP1;
}
