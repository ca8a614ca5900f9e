/*
 * relay.c - a request to an origin, and its reply back.
 *
 * Runs on the exchange's fiber.  The relay lives in the exchange's arena and
 * owns the borrowed origin and, while bytes of the reply are at hand, one BODY
 * block.  Nothing is held while there is only waiting to be done.
 *
 *   borrow an origin -> send the head (and the body, or start its upload)
 *     -> read heads until a final one -> be the source of its body
 *
 * The first two are here, heads in relay_head.c, the source in relay_body.c;
 * what is different in HTTP/2 is in relay_h2.c.
 */
#include "worker/proxy/relay.h"

#include <errno.h>

#include "common/base/log.h"
#include "common/shm/seat.h"
#include "worker/http/h1.h"
#include "worker/http/websocket.h"
#include "worker/origin/origin.h"
#include "worker/origin/origin_tls.h"
#include "worker/proxy/choose.h"
#include "worker/proxy/errand.h"
#include "worker/proxy/forward.h"
#include "worker/proxy/headers.h"
#include "worker/proxy/relay_verdict.h"
#include "worker/proxy/spool.h"

#define HEAD_EXTRA 512 /* what we add to a head, at most, but for a prefix */
#define SAY_EVERY (10 * USEC_PER_SEC) /* that there is no room */

/* ---- the request ---- */

static bool has_method(const struct conf_retry *retry, struct str method)
{
	for (unsigned i = 0; i < retry->method_count; i++)
		if (str_eq(retry->methods[i], method))
			return true;
	return false;
}

bool relay_may_repeat(const struct exchange *x)
{
	const struct conf_retry *retry = &x->pool->retry;

	if (retry->method_count == 0)
		return method_is_idempotent(x->request.method) &&
		    spool_is_whole(x);
	return has_method(retry, x->request.method_text) && spool_is_whole(x);
}

bool relay_is_at_hand(const struct exchange *x)
{
	return spool_is_whole(x) || x->body.total == spool_size(x);
}

/* A connection that was idle may be one that the origin is closing: what can't
 * be repeated takes only one that was just used, or a new one. */
static usec_t idle_at_most(const struct exchange *x)
{
	return relay_may_repeat(x) ? ORIGIN_OF_ANY_AGE : ORIGIN_FRESH;
}

/* Not of each of those who are answered 503 for it. */
static void say_short(const struct server *s, int err)
{
	static usec_t say_next;

	if (err == -ECANCELED || loop_now() < say_next)
		return;
	say_next = loop_now() + SAY_EVERY;
	log_warning("can't connect to %s: %s", s->conf->url, strerror(-err));
}

static void fail_to_borrow(struct relay *r, const struct server *s, int err)
{
	if (err == -ETIMEDOUT) {
		(void)relay_fail(r, END_connect_deadline);
	} else if (err == -EPROTO) {
		(void)relay_fault(r, END_origin_tls,
		    origin_tls_verdict()->fault);
	} else if (err == -EPROTONOSUPPORT) {
		(void)relay_fail(r, END_origin_version);
	} else if (err == -ECANCELED || err == -EMFILE || err == -ENFILE ||
	    err == -ENOMEM) {
		say_short(s, err);
		(void)relay_fail_origin(r, err, END_connect_deadline);
	} else {
		(void)relay_fail(r, END_connect_failed);
	}
}

/* What may become a tunnel takes a connection of its own. */
static enum origin_version version_for(const struct exchange *x)
{
	return x->request.upgrade.n > 0 ? ORIGIN_HTTP1 : ORIGIN_ANY_VERSION;
}

static int borrow(struct relay *r, struct server *s, usec_t idle)
{
	struct proxy_header ends;
	struct origin_want want = {.idle_at_most = idle,
	    .version = version_for(r->x)};
	int err;

	if (s->pool->conf->proxy_protocol != 0) {
		forward_ends(r->x, &ends);
		want.client = &ends;
	}
	err = origin_borrow_as(s, &want, &r->origin);
	if (err == 0) {
		relay_is_connected(r);
		return 0;
	}
	fail_to_borrow(r, s, err);
	relay_judge_end(r, s);
	server_release(s);
	return -1;
}

static enum h1_connection connection_for(const struct exchange *x)
{
	if (x->request.upgrade.n > 0)
		return H1_UPGRADE;
	return x->pool->idle_max > 0 ? H1_PERSIST : H1_CLOSE;
}

struct str relay_lines(struct exchange *x)
{
	struct str lines;

	if (x->unattended)
		return errand_told(x);
	lines = forward_lines(x);
	if (lines.p != NULL && !headers_for_origin(x, &lines))
		lines = STR_NONE;
	return lines;
}

/* The head, with the body if all of it is at hand and small. */
static int send_h1_request(struct relay *r, const struct server *s)
{
	struct exchange *x = r->x;
	struct h1_field key = {STR("Sec-WebSocket-Key"),
	    str_make(x->websocket, WEBSOCKET_KEY_SIZE)};
	struct h1_request_options options = {
	    .prefix = str_from(s->conf->prefix),
	    .host = forward_host(x, s->conf),
	    .lines = relay_lines(x),
	    .connection = connection_for(x),
	    .extra = &key,
	    .extra_count = x->websocket != NULL,
	};
	struct out out = exchange_out(x, x->head_len + x->request.forward.n +
	    x->request.query.n + options.prefix.n + options.host.n +
	    options.lines.n + HEAD_EXTRA);
	struct pace pace = pace_of_silence(s->pool->conf->timeouts.idle);
	struct iovec iov[2];
	struct str body;
	bool held = spool_in_memory(x, &body) && body.n <= RELAY_SENT_WITH_HEAD;
	int err;

	h1_write_request(&out, &x->request, &options);
	if (!out_ok(&out) || options.lines.n == 0)
		return relay_fail(r, END_overloaded);
	iov[0] = (struct iovec){out.p, out.n};
	iov[1] = (struct iovec){(void *)body.p, held ? body.n : 0};
	err = conn_write(&r->origin->conn, iov,
	    held && body.n > 0 ? 2 : 1, &pace);
	if (err == -ECANCELED || err == -ETIMEDOUT)
		return relay_fail_origin(r, err, upload_end_of_stall(&pace));
	return held ? 0 : upload_start(&r->upload, x, r->origin);
}

static int send_request(struct relay *r)
{
	const struct server *s = r->origin->server;

	if (r->origin->stream != NULL)
		return relay_h2_send(r, s);
	return send_h1_request(r, s);
}

/* ---- from the outside ---- */

/* Another was faster: it would have taken at least so long. */
static void measure_loser(const struct relay *r)
{
	if (r->origin != NULL && r->apart->end == END_stopped &&
	    r->apart->first_byte == 0)
		server_measured(r->origin->server,
		    loop_now() - r->apart->connected);
}

/* Did it fail because the idle connection had been closed already? */
static bool was_stale(const struct relay *r)
{
	return r->origin != NULL && r->origin->reused && r->silent &&
	    relay_end(r) == END_origin_closed && relay_may_repeat(r->x);
}

/* The connection of HTTP/2 was about to go, or the server is busy: another one
 * of its connections may do. */
static bool was_refused(const struct relay *r)
{
	return relay_end(r) == END_origin_refused && relay_is_at_hand(r->x);
}

/* The memory of what failed is used again, unless that is not the last. */
static void end_try(struct relay *r, const struct arena *mark)
{
	struct exchange *x = r->x;
	bool apart = r->apart != NULL;

	if (apart)
		measure_loser(r);
	r->source.close(&r->source);
	if (!apart)
		arena_rewind(&x->arena, mark);
}

/* One try. 0; 1: the connection was closed already, try a new one; -1. */
static int try(struct exchange *x, struct server *s, usec_t idle,
    struct reply *reply, struct apart *apart)
{
	struct arena mark = x->arena;
	struct relay *r = ARENA_NEW(&x->arena, struct relay);
	bool stale;

	if (r == NULL) {
		server_release(s);
		if (apart != NULL)
			apart->end = END_overloaded;
		else
			exchange_fail(x, END_overloaded);
		return -1;
	}
	relay_init(r, x);
	r->apart = apart;
	if (borrow(r, s, idle) == 0 &&
	    send_request(r) == 0 &&
	    relay_read_final_head(r, &reply->head) == 0) {
		server_measured(r->origin->server, relay_took(r));
		relay_judge_head(r, r->origin->server, reply->head.status);
		relay_begin_body(r, reply);
		return 0;
	}
	stale = was_stale(r) || was_refused(r);
	r->judged |= stale; /* a closed connection says nothing */
	end_try(r, &mark);
	return stale ? 1 : -1;
}

int relay_request(struct exchange *x, struct server *s, struct reply *reply)
{
	int err = try(x, s, idle_at_most(x), reply, NULL);

	if (err > 0 && server_reserve(s, true)) {
		x->end = END_NONE;
		err = try(x, s, 0, reply, NULL);
	}
	return err > 0 ? -1 : err;
}

int relay_request_apart(struct exchange *x, struct server *s,
    struct reply *reply, struct apart *apart)
{
	int err = try(x, s, idle_at_most(x), reply, apart);

	if (err > 0 && server_reserve(s, true)) {
		*apart = (struct apart){.end = END_NONE};
		err = try(x, s, 0, reply, apart);
	}
	return err > 0 ? -1 : err;
}

int relay_connect(struct exchange *x, struct server *s,
    struct origin **origin_r)
{
	struct relay r = {.origin = NULL};
	usec_t began = loop_now();

	relay_init(&r, x);
	if (borrow(&r, s, 0) < 0)
		return -1;
	server_measured(r.origin->server, loop_now() - began);
	relay_judge(&r, r.origin->server, SERVER_well, 0);
	*origin_r = r.origin;
	return 0;
}
