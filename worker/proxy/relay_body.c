/*
 * relay_body.c - the body of an origin's reply, as a source.
 *
 * Runs on the exchange's fiber, pulled by reply.c.  The origin is given back
 * the moment the last byte of its reply was read, not when a slow client has
 * taken it.
 */
#include <errno.h>

#include "common/base/insist.h"
#include "worker/conn/block.h"
#include "worker/conn/splice.h"
#include "worker/http/head.h"
#include "worker/http/hop.h"
#include "worker/http/keep_alive.h"
#include "worker/origin/origin.h"
#include "worker/proxy/grpc.h"
#include "worker/proxy/headers.h"
#include "worker/proxy/hide.h"
#include "worker/proxy/relay_verdict.h"

#define RELAY_MAGIC 0x52454c41u

struct relay *relay_of(struct source *s)
{
	struct relay *r = container_of(s, struct relay, source);

	INSIST_MAGIC(r, RELAY_MAGIC);
	return r;
}

/* ---- the end ---- */

/*
 * Does the origin, whose reply is complete, want the rest of the request?  It
 * may, unless it said that it closes, or the client still waits to be told to
 * send its body, and was told something else.  A call of gRPC is over with its
 * status.
 */
static bool wants_rest(const struct relay *r)
{
	const struct exchange *x = r->x;

	return r->whole && r->reusable && r->start == r->end &&
	    r->upload.running && !grpc_is(&x->request) &&
	    !(x->request.expects_continue && x->body.total == 0);
}

/* Ends the upload and parts with the origin. */
static void part(struct relay *r)
{
	bool sent;

	if (r->origin == NULL)
		return;
	upload_stop(&r->upload);
	sent = r->x->body.done && !r->upload.failed;
	if (!r->x->body.done)
		r->x->must_close = true;
	if (r->whole && sent && r->reusable && r->start == r->end)
		origin_give(&r->origin, r->idle);
	else
		origin_drop(&r->origin);
}

/* The last byte of the reply was received. */
static void complete(struct relay *r)
{
	r->whole = true;
	if (r->origin != NULL)
		relay_judge(r, r->origin->server, SERVER_well, 0);
	if (!wants_rest(r))
		part(r);
}

/* The client has the whole reply, the origin not yet the whole request: a
 * client that ends here has only left. */
static void finish_upload(struct relay *r)
{
	struct exchange *x = r->x;

	fiber_join(&r->upload.fiber);
	if (x->end == END_malformed && x->fault == FAULT_body_cut)
		x->end = END_client_closed;
}

static void source_close(struct source *s)
{
	struct relay *r = relay_of(s);

	if (r->origin != NULL && r->x->end == END_NONE && wants_rest(r))
		finish_upload(r);
	if (r->origin != NULL)
		relay_judge_end(r, r->origin->server);
	part(r);
	relay_give_block(r);
	r->magic = 0;
}

/* ---- the reply's body ---- */

/* A client that takes trailer fields gets them, if its framing has room for
 * them: chunks are forwarded as chunks to HTTP/1.1. */
static void expect_trailers(struct relay *r, struct message *head)
{
	char *section;

	if (!r->x->request.takes_trailers || r->body.kind != FRAMING_CHUNKED)
		return;
	section = arena_alloc(&r->x->arena, BODY_TRAILER_MAX);
	if (section == NULL)
		return;
	body_keep_trailers(&r->body, section);
	hop_keep_trailer(head);
}

void relay_take_trailers(struct relay *r, struct message *trailers)
{
	hide_names(trailers);
	headers_hide(r->x, trailers);
	r->source.trailers = trailers;
}

/* Those that came with the end of the body.  0 or -1. */
static int read_trailers(struct relay *r)
{
	struct str section = body_trailers(&r->body);
	struct message *trailers;
	enum fault fault = FAULT_no_room;

	if (section.n == 0)
		return 0;
	trailers = ARENA_NEW(&r->x->arena, struct message);
	if (trailers != NULL)
		fault = head_parse_trailers(section, &r->x->arena, trailers);
	if (fault != FAULT_NONE)
		return relay_malformed(r, fault);
	relay_take_trailers(r, trailers);
	return 0;
}

/* Takes the coding off what is at hand: 1 and a piece, 0 for none, -1. */
static int decode(struct relay *r, struct str *piece_r)
{
	char *p = r->block + r->start;
	size_t payload, used;
	enum fault fault = body_decode(&r->body, p, r->end - r->start,
	    &payload, &used);

	if (fault != FAULT_NONE)
		return relay_malformed(r, fault);
	r->start += used;
	r->source.ended = r->body.done;
	if (r->body.done && read_trailers(r) < 0)
		return -1;
	if (r->body.done)
		complete(r);
	*piece_r = str_make(p, payload);
	return payload > 0;
}

/* When the client failed its upload has ended the stream: no proper end. */
static int end_of_stream(struct relay *r)
{
	if (r->x->end != END_NONE || !body_end_by_close(&r->body))
		return relay_fail(r, END_origin_closed);
	complete(r);
	return 0;
}

/* A part of a chunk's size line is at hand, but nothing to send: so what is
 * there is decoded, for the next pull. */
static bool source_is_ready(struct source *s)
{
	struct relay *r = relay_of(s);

	if (r->decoded.n == 0 && r->start < r->end && !r->body.done)
		r->broken = decode(r, &r->decoded) < 0;
	return r->decoded.n > 0 || r->body.done || r->broken;
}

/* What was decoded before: 1 and a piece, 0 for none, -1. */
static int take_decoded(struct relay *r, struct str *piece_r)
{
	*piece_r = r->decoded;
	r->decoded = STR_NONE;
	return r->broken ? -1 : piece_r->n > 0;
}

static int source_pull(struct source *s, struct str *piece_r)
{
	struct relay *r = relay_of(s);

	for (;;) {
		int got = take_decoded(r, piece_r);

		if (got != 0)
			return got;
		if (r->body.done && r->origin != NULL)
			complete(r);
		else if (r->start < r->end && !r->body.done)
			got = decode(r, piece_r);
		if (got != 0)
			return got;
		if (r->body.done)
			return 0;
		got = relay_receive(r, loop_now() + r->patience);
		if (got == 0)
			return end_of_stream(r);
		if (got < 0)
			return relay_fail_origin(r, got, END_origin_idle);
	}
}

/* Large and plain: through a pipe in the kernel. */
static int source_pass(struct source *s, struct conn *to, struct pace *pace,
    uint64_t *moved)
{
	struct relay *r = relay_of(s);
	struct splice splice = {.to = to,
	    .patience = r->patience,
	    .pace = pace};
	int err;

	INSIST(r->decoded.n == 0);
	if (r->origin == NULL || r->start < r->end ||
	    body_plain_rest(&r->body) < SPLICE_WORTH)
		return 0;
	relay_give_block(r);
	splice.from = &r->origin->conn;
	err = splice_move(&splice, body_plain_rest(&r->body));
	if (err == -ENOTSUP)
		return 0;
	*moved += splice.moved;
	body_pass(&r->body, splice.moved);
	if (err < 0 && splice.to_failed)
		exchange_fail_client(r->x, err, exchange_end_of_stall(pace));
	else if (err < 0)
		(void)relay_fail_origin(r, err, END_origin_idle);
	else
		complete(r);
	return err < 0 ? -1 : 1;
}

/* Of a tunnel: what came behind the 101, and no more. */
static int source_pull_rest(struct source *s, struct str *piece_r)
{
	struct relay *r = relay_of(s);

	*piece_r = str_make(r->block + r->start, r->end - r->start);
	r->start = r->end;
	return piece_r->n > 0;
}

/* ---- the beginning ---- */

void relay_init(struct relay *r, struct exchange *x)
{
	r->magic = RELAY_MAGIC;
	r->x = x;
	r->upload.x = x;
	r->source = (struct source){.pull = source_pull,
	    .is_ready = source_is_ready,
	    .pass = source_pass,
	    .close = source_close};
}

/* A call of gRPC that was answered may be silent as long as a tunnel, either
 * way: a client that has nothing to say now is not slow. */
static void be_patient(struct relay *r)
{
	struct exchange *x = r->x;

	r->patience = x->pool->timeouts.idle;
	if (!grpc_is(&x->request))
		return;
	if (r->patience < x->scope->timeouts.websocket)
		r->patience = x->scope->timeouts.websocket;
	x->pace = pace_of_silence(x->scope->timeouts.websocket);
}

void relay_begin_body(struct relay *r, struct reply *reply)
{
	const struct conf_pool *pool = r->x->pool;

	reply->source = &r->source;
	reply->head_len = r->head_len;
	be_patient(r);
	if (r->origin->stream != NULL) {
		relay_h2_begin_body(r, reply);
		return;
	}
	body_begin(&r->body, &reply->head.framing);
	expect_trailers(r, &reply->head);
	r->idle = keep_alive_patience(&reply->head, pool->idle_timeout);
	r->reusable = reply->head.keep_alive && r->idle > 0 &&
	    pool->idle_max > 0;
	if (!r->body.done && r->start == r->end)
		conn_acknowledge(&r->origin->conn);
	if (reply->head.status == 101) {
		r->source.pull = source_pull_rest;
		reply->tunnel = r->origin;
		r->origin = NULL;
	}
}

/* ---- what becomes of it ---- */

void relay_take(struct reply *reply)
{
	struct relay *r = relay_of(reply->source);

	if (r->apart != NULL) {
		r->x->connected = r->apart->connected;
		r->x->first_byte = r->apart->first_byte;
		r->apart = NULL;
	}
	upload_is_last(&r->upload);
}

bool relay_put_off(struct reply *reply)
{
	struct relay *r = relay_of(reply->source);

	upload_stop(&r->upload);
	if (r->origin != NULL && r->origin->stream != NULL)
		return false;
	if (source_is_ready(&r->source) && r->body.done && r->origin != NULL)
		complete(r);
	return r->origin == NULL;
}

/* What is at hand is read, so that a connection that brought a small reply can
 * be used again. */
void relay_give_up(struct reply *reply)
{
	struct source *s = reply->source;
	struct relay *r = relay_of(s);
	struct apart nobodys = {.end = END_NONE};
	struct str piece;

	r->apart = &nobodys;
	upload_stop(&r->upload);
	while (!s->ended && s->is_ready(s) && s->pull(s, &piece) > 0)
		;
	s->close(s);
	if (reply->tunnel != NULL)
		origin_drop(&reply->tunnel);
	reply->source = NULL;
}
