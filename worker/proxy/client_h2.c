/*
 * client_h2.c - a client that speaks HTTP/2.
 *
 * Runs in workers.  The client's fiber is the session's (http/h2.h), and parks
 * the client when no stream is open: then the session is all that is left of
 * it.  Each stream has a fiber of its own, which counts as one that serves a
 * client does; where there is none the stream is refused, and not kept
 * waiting: its client may go elsewhere.
 */
#include "worker/proxy/client_h2.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/http/h2.h"
#include "worker/http/websocket.h"
#include "worker/proxy/access_log.h"

static void (*serve_stream)(struct client *c, struct h2_stream *st);
static const struct conf *conf;
static struct h2_options *options; /* one for each listener */

static void run_stream(void *arg)
{
	struct h2_stream *st = arg;
	struct client *c = h2_owner(h2_session_of(st));

	serve_stream(c, st);
	client_end_stream();
}

/* While memory is spent no next request is read. */
static bool start_stream(struct h2_stream *st)
{
	return !block_is_spent() && client_start_stream(run_stream, st);
}

/* One that does not run yet sees for itself. */
static void cancel_stream(struct h2_stream *st)
{
	if (h2_user(st) != NULL)
		exchange_cancel(h2_user(st));
}

static const struct h2_events events = {
    .request = start_stream, .gone = cancel_stream};

int client_h2_init(void (*serve)(struct client *c, struct h2_stream *st),
    const struct conf *of)
{
	serve_stream = serve;
	conf = of;
	free(options);
	options = calloc(of->listener_count + 1, sizeof(*options));
	if (options == NULL || websocket_init() < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < of->listener_count; i++) {
		const struct conf_listener *l = &of->listeners[i];

		options[i] = (struct h2_options){.server = true,
		    .tls = l->tls,
		    .websocket = true,
		    .streams = l->scope->limits.h2.streams,
		    .fields = l->scope->limits.head.fields,
		    .header = l->scope->limits.head.header,
		    .limits = &l->scope->limits.h2,
		    .head_patience = l->scope->timeouts.header,
		    .min_rate = l->scope->limits.min_rate,
		    .events = &events};
	}
	return 0;
}

bool client_h2_begin(struct client *c, struct str beginning)
{
	if (c->h2 != NULL)
		return true;
	c->h2 = h2_open(&c->conn, &options[c->listener - conf->listeners], c);
	if (c->h2 == NULL)
		return false;
	count(h2_connections);
	if (clients_draining())
		h2_drain(c->h2);
	if (beginning.n > 0)
		h2_feed(c->h2, beginning);
	return true;
}

/* What ended the connection has a line of its own: perhaps there was no
 * exchange, and those that there were only see that they are left. */
static void log_why(struct client *c, enum end why, enum fault fault)
{
	struct exchange *x = exchange_open_ended(c, why, fault);

	if (x == NULL)
		return;
	access_log_write(x);
	exchange_close(&x);
}

static void tell_why(struct client *c)
{
	switch (h2_why(c->h2)) {
	case H2_WELL:
		return;
	case H2_FLOODED:
		count(flooded);
		log_why(c, END_flooded, h2_flood(c->h2));
		break;
	case H2_HEAD_SLOW:
		log_why(c, END_header_deadline, FAULT_NONE);
		break;
	case H2_PEER_SLOW:
		log_why(c, END_client_deadline, FAULT_NONE);
		break;
	}
	count(refused);
}

/* Who is still sent replies gives credit while it reads them. */
void client_h2_serve(struct client *c)
{
	bool well;

	if (h2_run(c->h2) == H2_IDLE) {
		client_park(c, c->listener->scope->timeouts.idle);
		return;
	}
	tell_why(c);
	well = h2_why(c->h2) == H2_WELL && !fiber_is_cancelled();
	h2_free(&c->h2);
	if (well)
		client_close_gently(c);
	else
		client_close(c);
}

static void cancel_exchange(struct h2_stream *st)
{
	const struct exchange *x = h2_user(st);

	if (x != NULL && !x->tunnelled)
		cancel_stream(st);
}

void client_h2_cancel_exchanges(struct client *c)
{
	h2_each(c->h2, cancel_exchange);
}
