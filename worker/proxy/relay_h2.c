/*
 * relay_h2.c - the same request and reply as a stream of HTTP/2.
 *
 * Runs on the exchange's fiber; the session's does what touches the connection
 * (http/h2.h).  What is here is what differs from HTTP/1: how a head is
 * written, where the pieces of a body lie, and what it means that a stream is
 * reset (RFC 9113, 8.1 and 8.7).
 *
 * A piece lies in its stream until it was sent on, so the stream, and with it
 * the server's place, is kept until the client has taken the last one.
 */
#include <errno.h>

#include "worker/http/h2_ask.h"
#include "worker/http/hop.h"
#include "worker/http/websocket.h"
#include "worker/origin/shared.h"
#include "worker/proxy/forward.h"
#include "worker/proxy/relay_inside.h"
#include "worker/proxy/relay_verdict.h"
#include "worker/proxy/spool.h"

#define LINE_MORE 4 /* ": " and the line end, in HTTP/1 */
#define STATUS_LINE 64

static struct h2_stream *stream_of(const struct relay *r)
{
	return r->origin->stream;
}

/* ---- the request ---- */

/* Any other Upgrade may be ignored (RFC 9110, 7.8). */
static bool is_websocket(const struct exchange *x)
{
	return str_eq_nocase(x->request.upgrade, STR("websocket"));
}

/* False: it does not fit. */
static bool write_head(struct exchange *x, const struct server *s,
    struct h2_fields *f)
{
	struct h2_ask ask = {.https = s->conf->https,
	    .websocket = is_websocket(x),
	    .prefix = str_from(s->conf->prefix),
	    .host = forward_host(x, s->conf),
	    .lines = relay_lines(x)};

	return ask.lines.n > 0 && h2_ask(&x->request, &ask, &x->arena, f);
}

/* A client of HTTP/1 has to be answered what its key asks for. */
static void note_key(struct relay *r)
{
	struct exchange *x = r->x;
	char *p;

	if (x->stream != NULL)
		return;
	p = arena_alloc(&x->arena, WEBSOCKET_ANSWER_SIZE);
	if (p != NULL && websocket_answer(&x->request, p))
		r->answer = str_make(p, WEBSOCKET_ANSWER_SIZE);
}

/* The stream becomes the tunnel, if the server takes such (RFC 8441, 3). */
static int send_websocket(struct relay *r, const struct server *s,
    struct h2_fields *f)
{
	int err;

	if (!h2_peer_takes_websocket(h2_session_of(stream_of(r))))
		return relay_fail(r, END_origin_version);
	note_key(r);
	websocket_drop(&r->x->request);
	if (f == NULL || !write_head(r->x, s, f))
		return relay_fail(r, END_overloaded);
	err = h2_write_head(stream_of(r), f, H2_HEAD);
	return err == -ECANCELED ? relay_fail_origin(r, err, END_stopped) : 0;
}

int relay_h2_send(struct relay *r, const struct server *s)
{
	struct exchange *x = r->x;
	bool empty = !body_expected(&x->request.framing);
	struct pace pace = pace_of_silence(s->pool->conf->timeouts.idle);
	struct h2_fields *f = ARENA_NEW(&x->arena, struct h2_fields);
	struct str body;
	int err;

	if (is_websocket(x))
		return send_websocket(r, s, f);
	if (f == NULL || !write_head(x, s, f))
		return relay_fail(r, END_overloaded);
	err = h2_write_head(stream_of(r), f, empty ? H2_HEAD_LAST : H2_HEAD);
	if (err == -ECANCELED)
		return relay_fail_origin(r, err, END_stopped);
	if (empty || err < 0)
		return 0;
	if (!spool_in_memory(x, &body) || body.n > RELAY_SENT_WITH_HEAD)
		return upload_start(&r->upload, x, r->origin);
	err = h2_write(stream_of(r), &body, 1, true, &pace);
	if (err == -ECANCELED || err == -ETIMEDOUT)
		return relay_fail_origin(r, err, upload_end_of_stall(&pace));
	return 0;
}

/* ---- the reply's head ---- */

/* A connection that is lost has said nothing of the request. */
static int fail(struct relay *r, int err, enum end at_deadline)
{
	if (err == -ECONNRESET && h2_was_refused(stream_of(r)))
		return relay_fail(r, END_origin_refused);
	if (err == -ETIMEDOUT)
		shared_distrust(r->origin);
	return relay_fail_origin(r, err, at_deadline);
}

/* As what it would have been received in HTTP/1. */
static size_t text_length(const struct message *m)
{
	size_t n = STATUS_LINE;

	for (unsigned i = 0; i < m->field_count; i++)
		n += m->fields[i].name_len + m->fields[i].value_len +
		    (size_t)LINE_MORE;
	return n;
}

/* What this is in HTTP/1. */
static void become_switch(struct message *head)
{
	head->status = 101;
	head->upgrade = STR("websocket");
	head->reason = STR("Switching Protocols");
	head->is_h2 = false;
}

int relay_h2_read_head(struct relay *r, struct message *head)
{
	usec_t deadline = loop_now() + r->patience;
	enum fault fault = FAULT_NONE;
	int err;

	do
		err = h2_reply(stream_of(r), deadline, r->x->request.method,
		    &r->x->arena, head, &fault);
	while (err == -ETIMEDOUT && relay_waits_on(r, &deadline));
	if (err < 0) {
		r->silent = err == -ECONNRESET && shared_is_lost(r->origin);
		return fail(r, err, END_origin_deadline);
	}
	relay_has_begun(r);
	if (fault != FAULT_NONE)
		return relay_malformed(r, fault);
	r->head_len = text_length(head);
	if (is_websocket(r->x) && head->status / 100 == 2)
		become_switch(head);
	return 0;
}

/* ---- the reply's body ---- */

/* They may be what is wrong with the whole reply (its length, too, is only
 * known with them), wanted or not. */
static int check_trailers(struct relay *r)
{
	struct message unwanted;
	enum fault fault =
	    h2_trailers(stream_of(r), &r->x->arena, &unwanted);

	return fault != FAULT_NONE ? relay_malformed(r, fault) : 0;
}

static int read_trailers(struct relay *r)
{
	struct message *trailers = ARENA_NEW(&r->x->arena, struct message);
	enum fault fault = FAULT_no_room;

	if (trailers != NULL)
		fault = h2_trailers(stream_of(r), &r->x->arena, trailers);
	if (fault != FAULT_NONE)
		return relay_malformed(r, fault);
	if (trailers->field_count > 0)
		relay_take_trailers(r, trailers);
	return 0;
}

/* The last byte of the reply has come. */
static int complete(struct relay *r)
{
	bool wanted = r->x->request.takes_trailers;

	r->source.ended = true;
	if ((wanted ? read_trailers(r) : check_trailers(r)) < 0)
		return -1;
	r->body.done = r->whole = true;
	relay_judge(r, r->origin->server, SERVER_well, 0);
	return 0;
}

static bool source_is_ready(struct source *s)
{
	struct relay *r = relay_of(s);

	return s->ended || h2_is_readable(stream_of(r));
}

static bool is_last(const struct relay *r, struct str piece)
{
	return h2_is_whole(stream_of(r)) && h2_held_in_all(stream_of(r)) == piece.n;
}

static int source_pull(struct source *s, struct str *piece_r)
{
	struct relay *r = relay_of(s);
	struct pace pace = pace_of_silence(r->patience);
	int got;

	*piece_r = STR("");
	if (s->ended)
		return 0;
	h2_consumed(stream_of(r), r->taken);
	r->taken = 0;
	got = h2_read(stream_of(r), &pace, piece_r);
	if (got < 0)
		return fail(r, got, END_origin_idle);
	r->taken = piece_r->n;
	if ((got == 0 || is_last(r, *piece_r)) && complete(r) < 0)
		return -1;
	return got;
}

/* Of a tunnel: all that comes stays in the stream. */
static int source_pull_nothing(struct source *s, struct str *piece_r)
{
	(void)s;
	*piece_r = STR("");
	return 0;
}

static bool source_is_empty(struct source *s)
{
	(void)s;
	return true;
}

static void begin_tunnel(struct relay *r, struct reply *reply)
{
	r->source.pull = source_pull_nothing;
	r->source.is_ready = source_is_empty;
	if (r->answer.n > 0)
		reply_add(reply, STR("Sec-WebSocket-Accept"), r->answer);
	reply->tunnel = r->origin;
	r->origin = NULL;
}

void relay_h2_begin_body(struct relay *r, struct reply *reply)
{
	r->source.pass = NULL;
	if (reply->head.status == 101) {
		begin_tunnel(r, reply);
		return;
	}
	r->source.pull = source_pull;
	r->source.is_ready = source_is_ready;
	r->reusable = true;
	if (r->x->request.takes_trailers)
		hop_keep_trailer(&reply->head);
	if (h2_is_whole(stream_of(r)) && h2_held_in_all(stream_of(r)) == 0)
		(void)complete(r);
}
