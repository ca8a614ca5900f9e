/*
 * serve.c - the way of a request.
 *
 * Runs on the fiber of a client.  This is the heart of the house: everything
 * that happens to a request is called from here, in this order.
 *
 *   serve_client   reads requests as long as they follow each other
 *   serve          finds who is meant, makes a reply, sends it
 *   proxy          gets the reply from an origin, trying another if it may
 */
#include "worker/proxy/serve.h"

#include <errno.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/origin/balance.h"
#include "worker/proxy/access_log.h"
#include "worker/proxy/exchange.h"
#include "worker/proxy/relay.h"
#include "worker/proxy/reply.h"
#include "worker/proxy/route.h"
#include "worker/proxy/tunnel.h"

#define ATTEMPTS 2

static void proxy(struct exchange *x, struct reply *reply)
{
	struct pool *pool = pool_find(x->route->pool);
	struct server *server = NULL;

	for (x->attempts = 1; x->attempts <= ATTEMPTS; x->attempts++) {
		server = balance_pick(pool, server);
		x->server = server;
		if (relay_request(x, server, reply) == 0)
			return;
		if (x->attempts == ATTEMPTS || !relay_may_retry(x))
			return;
		x->end = END_NONE;
	}
}

static void count_end(const struct exchange *x)
{
	if (x->end == END_client_closed)
		count(client_left);
	else if (end_side(x->end) == END_BY_CLIENT)
		count(refused);
	else if (end_side(x->end) == END_BY_ORIGIN)
		count(origin_failures);
}

static void serve(struct exchange *x)
{
	struct reply reply = {.source = NULL};

	count(requests);
	count_add(COUNT_exchanges, 1);
	if (x->end == END_NONE && route_find_vhost(x) && route_find(x))
		proxy(x, &reply);
	if (x->end != END_NONE)
		reply_error(x, &reply);
	reply_send(x, &reply);
	if (reply.tunnel != NULL)
		tunnel_run(x, &reply.tunnel);
	count_end(x);
	count_down(exchanges);
}

/* What is left of a client whose last request was served. */
static void finish(struct client *c, bool unread)
{
	if (unread && !c->left)
		conn_close_gently(&c->conn);
	client_close(c);
}

void serve_client(void *client)
{
	struct client *c = client;
	struct exchange *x = exchange_open(c);
	enum next next = NEXT_CLOSE;
	bool unread = false;

	c->fiber = fiber_self();
	while (x != NULL && (next = exchange_read(x)) == NEXT_REQUEST) {
		serve(x);
		access_log_write(x);
		if (x->must_close) {
			unread = !x->must_reset && exchange_has_unread(x);
			break;
		}
	}
	if (x != NULL)
		exchange_close(&x);
	if (next == NEXT_PARK)
		client_park(c);
	else
		finish(c, unread);
}
