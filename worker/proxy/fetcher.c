/*
 * fetcher.c - requests of our own to a pool.
 *
 * Runs in workers, on the fiber of whoever fetches.  A server is chosen and a
 * connection borrowed as for clients' requests, so these count where those
 * do.  One attempt; but an idle connection that turns out to be closed is
 * replaced, if the request may be repeated.
 */
#include "worker/proxy/fetcher.h"

#include <errno.h>

#include "worker/http/fetch.h"
#include "worker/http/h1.h"
#include "worker/http/h2_ask.h"
#include "worker/http/keep_alive.h"
#include "worker/origin/balance.h"
#include "worker/origin/outlier.h"
#include "worker/origin/origin.h"

#define ERRORS_FROM 500

static size_t head_room(const struct fetch *f, const struct server *s)
{
	return message_size(f->request) + strlen(s->conf->prefix) +
	    strlen(s->conf->host) + f->host.n + f->lines.n + H1_GROWTH;
}

static int write_head(struct fetch *f, const struct server *s,
    struct arena *a)
{
	struct h1_request_options options = {
	    .prefix = str_from(s->conf->prefix),
	    .host = f->host.p != NULL ? f->host : str_from(s->conf->host),
	    .lines = f->lines,
	    .connection = f->pool->idle_max > 0 ? H1_PERSIST : H1_CLOSE,
	};
	size_t room = head_room(f, s);
	char *p = arena_alloc(a, room);
	struct out out = out_make(p, p != NULL ? room : 0);

	h1_write_request(&out, f->request, &options);
	f->talk.head = out_text(&out);
	return out_ok(&out) ? 0 : -ENOMEM;
}

static int talk_h1(struct fetch *f, struct origin *o, struct arena *a)
{
	int err = write_head(f, o->server, a);

	return err < 0 ? err : talk(&f->talk, &o->conn, a);
}

static int talk_h2(struct fetch *f, struct origin *o, struct arena *a)
{
	const struct conf_server *s = o->server->conf;
	struct h2_ask ask = {.https = s->https,
	    .prefix = str_from(s->prefix),
	    .host = f->host.p != NULL ? f->host : str_from(s->host),
	    .lines = f->lines};
	struct h2_fields fields;

	if (!h2_ask(f->request, &ask, a, &fields))
		return -ENOMEM;
	return talk_stream(&f->talk, o->stream, &fields, a);
}

static void part(struct fetch *f, struct origin *o)
{
	if (f->talk.reusable)
		origin_give(&o, keep_alive_patience(&f->talk.reply,
		    f->pool->idle_timeout));
	else
		origin_drop(&o);
}

/* SERVER_RESULTS: it says nothing of the server. */
static enum server_result result_of(const struct fetch *f, int err)
{
	switch (err) {
	case 0:
	case -EMSGSIZE: /* it was read as far as anybody wanted */
		return f->talk.reply.status >= ERRORS_FROM ? SERVER_status
							   : SERVER_well;
	case -ECANCELED:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return SERVER_RESULTS;
	case -EPROTO:
		return SERVER_malformed;
	case -ETIMEDOUT:
		return SERVER_deadline;
	default:
		return SERVER_closed;
	}
}

/* What becomes of it counts as what becomes of clients' requests. */
static void judge(struct server *s, enum server_result result, unsigned status)
{
	if (result < SERVER_RESULTS)
		outlier_saw(s, result,
		    result == SERVER_status ? status : 0);
}

static void judge_connect(struct server *s, int err)
{
	if (err == -ETIMEDOUT)
		judge(s, SERVER_connect_deadline, 0);
	else if (err == -EPROTO)
		judge(s, SERVER_tls, 0);
	else if (err != -ECANCELED && err != -EMFILE && err != -ENFILE &&
	    err != -ENOMEM)
		judge(s, SERVER_connect_failed, 0);
}

static int ask(struct fetch *f, struct origin *o, struct arena *a,
    bool *again_r)
{
	struct server *s = o->server;
	usec_t began = loop_now();
	int err = o->stream != NULL ? talk_h2(f, o, a) : talk_h1(f, o, a);

	*again_r = err < 0 && err != -ECANCELED && o->reused &&
	    f->talk.silent;
	if (!*again_r)
		judge(s, result_of(f, err), f->talk.reply.status);
	if (f->talk.first_byte != 0)
		server_measured(s, f->talk.first_byte - began);
	return err;
}

/* On a connection that was idle for IDLE at most. */
static int try(struct fetch *f, usec_t idle, struct arena *a, bool *again_r)
{
	struct pick pick = {.key = f->key};
	struct server *s = balance_pick(pool_find(f->pool), &pick);
	struct origin *o;
	int err;

	if (s == NULL)
		return pick.full ? -ENOBUFS : -ENOENT;
	f->server = s->conf->url;
	err = origin_borrow(s, idle, &o);
	if (err < 0) {
		judge_connect(s, err);
		server_release(s);
		return err;
	}
	f->talk.reusable = false;
	f->talk.first_byte = 0;
	err = ask(f, o, a, again_r);
	part(f, o);
	return err;
}

static int fetch_run(struct fetch *f, struct arena *a)
{
	bool repeatable = method_is_idempotent(f->request->method);
	usec_t idle = repeatable ? ORIGIN_OF_ANY_AGE : ORIGIN_FRESH;
	struct arena mark = *a;
	bool again = false;
	int err;

	f->talk.body = f->body;
	f->talk.method = f->request->method;
	f->talk.header_max = f->pool->header_max;
	err = try(f, idle, a, &again);
	if (!again || !repeatable)
		return err;
	arena_rewind(a, &mark);
	return try(f, 0, a, &again);
}

void fetcher_init(void)
{
	fetch_supply(fetch_run);
}
