/*
 * passage.c - clients whose bytes are passed on: tcp vhosts, and TLS that only
 * its origin speaks.
 *
 * Runs on the client's fiber, from its first byte (or its connect: of a
 * database the server speaks first) to its last.  The connection is served as
 * an exchange without a request, so all that stands between a request and its
 * server stands here too:
 *
 *   passage_serve   one connection: begin, pass, log
 *   pass            identity, then a server, then bytes both ways (tunnel.c)
 *   reach           a server of the pool, another one if it can't be reached
 *
 * Nothing has been sent to anybody until a server is reached, so a connect that
 * failed may go anywhere; what breaks later ends both sides.
 */
#include "worker/proxy/passage.h"

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/conn/client_hello.h"
#include "worker/conn/peek.h"
#include "worker/proxy/access_log.h"
#include "worker/proxy/choose.h"
#include "worker/proxy/exchange.h"
#include "worker/proxy/failover.h"
#include "worker/proxy/identity.h"
#include "worker/proxy/relay.h"
#include "worker/proxy/serve.h"
#include "worker/proxy/stay.h"
#include "worker/proxy/tunnel.h"

_Static_assert(CLIENT_HELLO_MAX <= PEEK_MAX, "it can be seen as a whole");

/* ---- whom a client of TLS asks for ---- */

static unsigned measure(const uint8_t *bytes, size_t n, size_t *size_r)
{
	return client_hello_size(bytes, n, size_r);
}

/* As a vhost's hosts are written: in lower case, without a dot at its end. */
static struct str fold(struct str name, char text[CLIENT_HELLO_NAME_MAX])
{
	for (size_t i = 0; i < name.n; i++)
		text[i] = char_lower(name.p[i]);
	if (name.n > 0 && text[name.n - 1] == '.')
		name.n--;
	return str_make(text, name.n);
}

/* Who has no name to ask for means the vhost of all others. */
static const struct conf_vhost *find_vhost(const struct conf_listener *l,
    struct str name)
{
	char text[CLIENT_HELLO_NAME_MAX];

	if (name.n == 0)
		return l->names.catch_all;
	return conf_names_find(&l->names, fold(name, text));
}

bool passage_asked(struct client *c, usec_t deadline)
{
	struct peek peek;
	struct str name;

	if (peek_begin(&c->conn, measure, deadline, &peek) < 0)
		return false;
	if (client_hello_name(peek.bytes, peek.size, &name) == HELLO_OK) {
		const struct conf_vhost *v = find_vhost(c->listener, name);

		if (v != NULL && v->passthrough) {
			c->vhost = v;
			c->asked = strndup(name.p, name.n);
		}
	}
	peek_end(&peek);
	return c->asked != NULL;
}

/* ---- to a server and back ---- */

/* The one way of a vhost that has no others. */
static void aim(struct exchange *x)
{
	const struct conf_vhost *v = x->client->vhost;

	INSIST(v != NULL && v->route_count == 1);
	x->vhost = v;
	x->route = &v->routes[0];
	x->scope = x->route->scope;
	x->pool = x->route->pool;
	x->passes = true;
	if (x->client->asked != NULL)
		x->request.authority = str_from(x->client->asked);
}

/* False after exchange_fail. */
static bool reach(struct exchange *x, struct origin **origin_r)
{
	struct reply none = {.source = NULL};
	struct failover f;
	struct server *server;

	failover_begin(&f, x);
	if (!choose_begin(x, &f.pick) || !choose_enter(x))
		return false;
	do {
		server = choose_server(x, &f.pick);
		if (server != NULL)
			(void)relay_connect(x, server, origin_r);
	} while (failover_again(&f, x, &none));
	if (x->end == END_NONE)
		stay_end(x, &f.pick, &none.head);
	return x->end == END_NONE;
}

static void pass(struct exchange *x)
{
	struct origin *origin;

	count(passages);
	count_add(COUNT_exchanges, 1);
	aim(x);
	identity_take(x);
	if (x->end == END_NONE && reach(x, &origin))
		tunnel_run(x, &origin);
	choose_leave(x);
	serve_count_end(x);
	count_down(exchanges);
}

void passage_serve(struct client *c)
{
	struct exchange *x = exchange_open(c);

	if (x != NULL && exchange_begin(x)) {
		pass(x);
		access_log_write(x);
	}
	if (x != NULL)
		exchange_close(&x);
	client_close(c);
}
