/*
 * greeting.c - what comes before a client's first request.
 *
 * Runs on the fiber that the client's first byte has started:
 *
 *   whom a peer speaks for, if it may say that
 *   whom TLS asks for: perhaps its bytes are only to be passed on
 *   the handshake of TLS, which says which HTTP is spoken: shake.c
 *
 * A client that was greeted stays so while it is parked between requests.
 */
#include "worker/proxy/greeting.h"

#include "worker/conn/tls.h"
#include "worker/proxy/introduce.h"
#include "worker/proxy/passage.h"
#include "worker/proxy/shake.h"

enum greeting greet(struct client *c)
{
	const struct conf_listener *l = c->listener;
	usec_t deadline;

	if (!introduce(c))
		return GREETED_NOBODY;
	deadline = c->came + l->handshake_timeout;
	if (l->passthrough && c->conn.tls == NULL && passage_asked(c, deadline))
		return GREETED_BYTES;
	if (l->tls && c->conn.tls == NULL && !shake_hands(c, deadline))
		return GREETED_NOBODY;
	if (l->tcp) {
		c->vhost = l->names.catch_all;
		return GREETED_BYTES;
	}
	return str_eq(tls_alpn(&c->conn), STR("h2")) ? GREETED_H2
						     : GREETED_HTTP1;
}
