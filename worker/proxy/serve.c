/*
 * serve.c - the way of a request.
 *
 * Runs on the fiber of a client.  This is the heart of the house: everything
 * that happens to a request is called from here, in this order.
 *
 *   serve_client   greets who has just come (TLS), then serves its requests
 *   serve_requests reads requests as long as they follow each other, serves
 *                  each, and logs it
 *   serve          finds who is meant, lets the route act, filters, sends
 *   proxy          gets the reply from an origin, trying another if it may
 *
 * A step that ends the way early has made a reply, or said in x->end why there
 * is none: then the error page is one.
 */
#include "worker/proxy/serve.h"

#include <errno.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/proxy/access_log.h"
#include "worker/proxy/answer.h"
#include "worker/proxy/cache_tally.h"
#include "worker/proxy/caching.h"
#include "worker/proxy/caching_status.h"
#include "worker/proxy/choose.h"
#include "worker/proxy/client_h2.h"
#include "worker/proxy/credential.h"
#include "worker/proxy/early.h"
#include "worker/proxy/error_page.h"
#include "worker/proxy/exchange.h"
#include "worker/proxy/failover.h"
#include "worker/proxy/greeting.h"
#include "worker/proxy/headers.h"
#include "worker/proxy/hedge.h"
#include "worker/proxy/hide.h"
#include "worker/proxy/identity.h"
#include "worker/proxy/limits.h"
#include "worker/proxy/mirror.h"
#include "worker/proxy/options.h"
#include "worker/proxy/passage.h"
#include "worker/proxy/reply.h"
#include "worker/proxy/rewrite.h"
#include "worker/proxy/route.h"
#include "worker/proxy/split.h"
#include "worker/proxy/spool.h"
#include "worker/proxy/stay.h"
#include "worker/proxy/tunnel.h"

/* To X's pool, until a server of it has answered, or none will. */
static void try_pool(struct exchange *x, struct reply *reply)
{
	struct failover f;
	struct server *server;

	failover_begin(&f, x);
	if (!choose_begin(x, &f.pick) || !choose_enter(x))
		return;
	do {
		server = choose_server(x, &f.pick);
		if (server != NULL)
			hedge_request(x, server, &f.pick, reply);
	} while (failover_again(&f, x, reply));
	if (x->end == END_NONE)
		stay_end(x, &f.pick, &reply->head);
}

void serve_ask(struct exchange *x, struct reply *reply)
{
	do
		try_pool(x, reply);
	while (split_instead(x));
}

static void proxy(struct exchange *x, struct reply *reply)
{
	if (x->scope->cache != NULL && caching_answer(x, reply))
		return;
	if (!limits_begin_total(x) || !spool_gather(x) || !stay_hide(x))
		return;
	mirror(x);
	serve_ask(x, reply);
	if (x->caching != NULL)
		caching_saw(x, reply);
}

/* Who is meant, unless it is us: a vhost, by the name that it wants. */
static bool find_vhost(struct exchange *x, struct reply *reply)
{
	return route_find_vhost(x) && !options_answer(x, reply) &&
	    x->end == END_NONE && !answer_elsewhere(x, reply);
}

static void act(struct exchange *x, struct reply *reply)
{
	if (x->route->answer != NULL)
		answer_make(x, reply);
	else
		proxy(x, reply);
}

static void filter(struct exchange *x, struct reply *reply)
{
	if (x->end == END_NONE && reply->source != NULL)
		hide_origin(x, reply);
	if (x->caching != NULL && x->end == END_NONE && reply->source != NULL)
		caching_status(x, reply);
	if (x->end == END_NONE && reply->source != NULL)
		(void)headers_for_client(x, &reply->head, &reply->lines);
	if (x->end != END_NONE)
		error_page(x, reply);
}

static void send_reply(struct exchange *x, struct reply *reply)
{
	reply_send(x, reply);
	limits_end_total(x);
	if (reply->tunnel == NULL)
		return;
	if (x->end == END_done) {
		count(tunnels);
		tunnel_run(x, &reply->tunnel);
	} else {
		origin_drop(&reply->tunnel);
	}
	x->must_close = true;
}

void serve_count_end(const struct exchange *x)
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
	identity_take(x);
	if (x->end == END_NONE && early_allow(x) && find_vhost(x, &reply) &&
	    rewrite_for_vhost(x, &reply) && route_find(x) &&
	    credential_allow(x) && split_choose(x) && limits_allow(x) &&
	    rewrite_for_route(x, &reply))
		act(x, &reply);
	filter(x, &reply);
	send_reply(x, &reply);
	spool_free(x);
	choose_leave(x);
	if (x->caching != NULL)
		caching_end(x);
	split_count(x);
	if (x->cache != CACHE_UNUSED)
		cache_tally(x);
	serve_count_end(x);
	count_down(exchanges);
}

/* Nothing of a next request is there: no fiber from here until it is. */
static void park(struct client *c, struct exchange *x)
{
	usec_t patience = x->idle;

	exchange_close(&x);
	client_park(c, patience);
}

/* X may be NULL: there was no memory for it. */
static void finish(struct client *c, struct exchange *x)
{
	bool unread = x != NULL && x->must_close && !x->must_reset &&
	    exchange_has_unread(x);

	if (x != NULL)
		exchange_close(&x);
	if (unread && !c->left)
		client_close_gently(c);
	else
		client_close(c);
}

static void serve_h2(struct client *c)
{
	if (client_h2_begin(c, STR("")))
		client_h2_serve(c);
	else
		client_close(c);
}

/* What was read is the beginning of a session. */
static void become_h2(struct client *c, struct exchange *x)
{
	bool begun = client_h2_begin(c, conn_held(&c->conn));

	exchange_close(&x);
	if (begun)
		client_h2_serve(c);
	else
		client_close(c);
}

static void serve_requests(struct client *c)
{
	struct exchange *x = exchange_open(c);
	enum next next = NEXT_CLOSE;

	while (x != NULL && (next = exchange_read(x)) == NEXT_REQUEST) {
		serve(x);
		access_log_write(x);
		if (x->must_close)
			break;
	}
	if (next == NEXT_H2)
		become_h2(c, x);
	else if (next == NEXT_PARK)
		park(c, x);
	else
		finish(c, x);
}

void serve_client(void *client)
{
	struct client *c = client;

	c->fiber = fiber_self();
	if (c->h2 != NULL) {
		client_h2_serve(c);
		return;
	}
	switch (greet(c)) {
	case GREETED_HTTP1:
		serve_requests(c);
		return;
	case GREETED_H2:
		serve_h2(c);
		return;
	case GREETED_BYTES:
		passage_serve(c);
		return;
	case GREETED_NOBODY:
		client_close(c);
		return;
	}
}

void serve_stream(struct client *c, struct h2_stream *st)
{
	struct exchange *x = exchange_open_stream(c, st);

	exchange_read_stream(x);
	serve(x);
	access_log_write(x);
	exchange_close(&x);
}
