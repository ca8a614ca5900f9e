/*
 * h2_receive.c - what nghttp2 tells of what came.
 *
 * Runs on the session's fiber, inside nghttp2_session_mem_recv: nothing here
 * waits.  Heads are gathered into the stream's block (h2_head.c), bytes of
 * bodies into its pieces; who reads the stream is woken.
 *
 * What a peer sends to a stream that nobody holds any more is forgotten, but
 * counted as if it had been read, so that the connection's window stays right.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/http/body.h"
#include "worker/http/h2_inside.h"

#define LARGE_HEAD ((size_t)64 * 1024)

static struct h2_stream *stream_of(struct h2_session *s, int32_t id)
{
	struct h2_stream *st = nghttp2_session_get_stream_user_data(s->ng, id);

	if (st != NULL)
		INSIST_MAGIC(st, H2_STREAM_MAGIC);
	return st;
}

static void reset(struct h2_session *s, int32_t id, enum h2_code code)
{
	(void)nghttp2_submit_rst_stream(s->ng, NGHTTP2_FLAG_NONE, id, code);
}

/* ---- heads ---- */

static void begin_head(struct h2_stream *st, struct h2_head *h,
    enum h2_head_of of)
{
	struct h2_session *s = st->session;

	h2_head_begin(h, of);
	s->gathering = h;
	s->heading = st->id;
	s->head_due = loop_now() + s->options->head_patience;
}

static int begin_request(struct h2_session *s, int32_t id)
{
	struct h2_stream *st = NULL;

	if (!block_is_spent())
		st = h2_stream_new(s, id);
	if (st == NULL) {
		count(streams_refused);
		reset(s, id, H2_REFUSED_STREAM);
		return 0;
	}
	nghttp2_session_set_stream_user_data(s->ng, id, st);
	begin_head(st, &st->head, H2_OF_REQUEST);
	return 0;
}

/* They have a block of their own: bytes of the body may lie behind the head. */
static void begin_trailers(struct h2_stream *st)
{
	struct h2_head *h = &st->tail;

	if (h->p == NULL)
		h->p = block_take_head();
	h->cap = h->p != NULL ? BLOCK_HEAD_SIZE : 0;
	h->n = 0;
	h->most = BODY_TRAILER_MAX;
	h->fields_most = CONF_FIELDS_MAX;
	begin_head(st, h, H2_OF_TRAILERS);
}

/* An interim reply that nobody has taken yet is kept, as is its text; but none
 * that did not fit, so there is an end to them. */
static bool keep_early(struct h2_stream *st)
{
	struct h2_early *e = NULL;

	if (st->head.fault == FAULT_NONE)
		e = malloc(sizeof(*e));
	if (e == NULL)
		return false;
	e->head = st->head;
	list_add_tail(&st->early, &e->link);
	h2_head_leave(&st->head);
	return true;
}

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame,
    void *user)
{
	struct h2_session *s = user;
	struct h2_stream *st;

	(void)ng;
	if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		return begin_request(s, frame->hd.stream_id);
	st = stream_of(s, frame->hd.stream_id);
	if (st == NULL || !st->held)
		return 0;
	if (st->is_final) {
		begin_trailers(st);
	} else {
		bool kept = !st->has_head || keep_early(st);

		st->has_head = false;
		begin_head(st, &st->head, H2_OF_REPLY);
		if (!kept)
			h2_head_spoil(&st->head, FAULT_no_room);
	}
	return 0;
}

/* A head once to 64 KiB; what points into the old one still may. */
static bool enlarge(struct h2_stream *st, struct h2_head *h)
{
	char *p = NULL;

	if (h == &st->head && st->large == NULL)
		p = malloc(LARGE_HEAD + H2_HEAD_BESIDE);
	if (p == NULL)
		return false;
	memcpy(p, h->p, h->n);
	st->large = h->p = p;
	h->cap = LARGE_HEAD + H2_HEAD_BESIDE;
	return true;
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame,
    const uint8_t *name, size_t name_len, const uint8_t *value,
    size_t value_len, uint8_t flags, void *user)
{
	struct h2_session *s = user;
	struct h2_stream *st = stream_of(s, frame->hd.stream_id);
	struct str n = str_make((const char *)name, name_len);
	struct str v = str_make((const char *)value, value_len);

	(void)ng;
	(void)flags;
	if (!h2_limits_field(&s->limits, name_len + value_len,
	    s->options->header))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (st == NULL || s->heading != st->id)
		return 0;
	if (!h2_head_add(s->gathering, n, v) &&
	    (!enlarge(st, s->gathering) || !h2_head_add(s->gathering, n, v)))
		h2_head_spoil(s->gathering, FAULT_head_large);
	return 0;
}

/* nghttp2 would leave the field out: we find the whole message malformed. */
static int on_invalid_header(nghttp2_session *ng, const nghttp2_frame *frame,
    const uint8_t *name, size_t name_len, const uint8_t *value,
    size_t value_len, uint8_t flags, void *user)
{
	struct h2_session *s = user;
	int err = on_header(ng, frame, name, name_len, value, value_len, flags,
	    user);

	if (s->heading == frame->hd.stream_id)
		h2_head_spoil(s->gathering, FAULT_field_value);
	return err;
}

/* The body's first bytes go behind the head, and its end. */
static void begin_body(struct h2_stream *st)
{
	size_t used = st->head.n + H2_HEAD_BESIDE;

	if (used > st->head.cap)
		used = st->head.cap;
	h2_pieces_begin(&st->pieces, st->head.p + used, st->head.cap - used);
}

/* What it says is for who serves it. */
static void start_request(struct h2_session *s, struct h2_stream *st)
{
	begin_body(st);
	st->has_head = st->is_final = true;
	st->held = true;
	s->held++;
	if (s->options->events->request(st))
		return;
	count(streams_refused);
	st->held = false;
	s->held--;
	reset(s, st->id, H2_REFUSED_STREAM);
}

/* RFC 9113, 8.1.1: so the request is, though its trailers are not passed on;
 * those of a reply are for who reads it. */
static bool is_malformed(const struct h2_session *s, const struct h2_stream *st)
{
	return s->options->server && s->gathering == &st->tail &&
	    h2_head_resets(st->tail.fault);
}

static void end_head(struct h2_session *s, struct h2_stream *st,
    const nghttp2_frame *frame)
{
	if (s->heading != st->id)
		return;
	s->heading = 0;
	if (is_malformed(s, st)) {
		reset(s, st->id, H2_PROTOCOL_ERROR);
		return;
	}
	st->whole |= (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
	if (s->gathering == &st->tail) {
		st->has_tail = true;
	} else if (s->options->server) {
		st->ended = st->whole;
		start_request(s, st);
	} else {
		st->ended = st->whole;
		st->has_head = true;
		st->is_final = st->whole || !h2_head_is_interim(&st->head);
		if (st->is_final)
			begin_body(st);
	}
	cond_signal(&st->readable);
}

/* ---- bodies ---- */

/* The connection's window is credited at once, while little is buffered. */
static void credit_connection(struct h2_session *s, size_t n)
{
	if (s->buffered > H2_BUFFERED_MAX / 2)
		s->owed += n;
	else
		(void)nghttp2_session_consume_connection(s->ng, n);
}

void h2_uncount(struct h2_session *s, size_t n)
{
	INSIST(n <= s->buffered);
	s->buffered -= n;
	if (s->owed > 0 && s->buffered <= H2_BUFFERED_MAX / 2)
		h2_wake(s);
}

static int on_data_chunk(nghttp2_session *ng, uint8_t flags, int32_t id,
    const uint8_t *data, size_t n, void *user)
{
	struct h2_session *s = user;
	struct h2_stream *st = stream_of(s, id);

	(void)flags;
	if (st == NULL || !st->held) {
		(void)nghttp2_session_consume(ng, id, n);
		return 0;
	}
	if (!h2_pieces_add(&st->pieces, (const char *)data, n)) {
		(void)nghttp2_session_consume(ng, id, n);
		count(streams_refused);
		st->no_room = true;
		reset(s, id, H2_ENHANCE_YOUR_CALM);
		return 0;
	}
	s->buffered += n;
	credit_connection(s, n);
	cond_signal(&st->readable);
	return 0;
}

/* ---- other frames ---- */

static void note_settings(struct h2_session *s)
{
	bool first = !s->settled;

	s->settled = true;
	s->peer_streams = nghttp2_session_get_remote_settings(s->ng,
	    NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
	s->peer_websocket = nghttp2_session_get_remote_settings(s->ng,
	    NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
	if (first && s->options->events->settled != NULL)
		s->options->events->settled(s);
}

static void note_end(struct h2_stream *st, const nghttp2_frame *frame)
{
	if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return;
	st->whole = true;
	cond_signal(&st->readable);
}

/* RFC 9218, 7.1. */
static void check_priority(struct h2_session *s,
    const nghttp2_ext_priority_update *update)
{
	if (update->stream_id == 0)
		(void)nghttp2_session_terminate_session(s->ng,
		    NGHTTP2_PROTOCOL_ERROR);
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame,
    void *user)
{
	struct h2_session *s = user;
	struct h2_stream *st =
	    frame->hd.stream_id > 0 ? stream_of(s, frame->hd.stream_id) : NULL;
	bool ack = frame->hd.flags & NGHTTP2_FLAG_ACK;

	(void)ng;
	if (frame->hd.type == NGHTTP2_HEADERS && st != NULL)
		end_head(s, st, frame);
	else if (frame->hd.type == NGHTTP2_DATA && st != NULL)
		note_end(st, frame);
	else if (frame->hd.type == NGHTTP2_RST_STREAM && st != NULL)
		st->by_peer = true;
	else if (frame->hd.type == NGHTTP2_SETTINGS && ack)
		s->settings_due = 0;
	else if (frame->hd.type == NGHTTP2_SETTINGS)
		note_settings(s);
	else if (frame->hd.type == NGHTTP2_PING && ack && s->goaway_due != 0)
		s->goaway_due = loop_now();
	else if (frame->hd.type == NGHTTP2_PRIORITY_UPDATE)
		check_priority(s, frame->ext.payload);
	return 0;
}

/* nghttp2 has reset it; whoever logs requests shall hear of this one. */
static int on_invalid_frame(nghttp2_session *ng, const nghttp2_frame *frame,
    int error, void *user)
{
	struct h2_session *s = user;
	struct h2_stream *st = NULL;

	(void)ng;
	(void)error;
	if (frame->hd.stream_id > 0)
		st = stream_of(s, frame->hd.stream_id);
	if (st == NULL || frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	if (s->heading == st->id)
		h2_head_spoil(s->gathering, FAULT_stream);
	end_head(s, st, frame);
	return 0;
}

/* Did the peer end it before its reply, or made us do that? */
static bool is_peers_doing(const struct h2_stream *st, uint32_t code)
{
	if (st != NULL && st->by_peer)
		return !st->done;
	return code == NGHTTP2_PROTOCOL_ERROR ||
	    code == NGHTTP2_FLOW_CONTROL_ERROR ||
	    code == NGHTTP2_STREAM_CLOSED || code == NGHTTP2_FRAME_SIZE_ERROR;
}

/* Who breaks the flow control of a stream has lost count, and it is not always
 * known of which (RFC 9113, 6.9.2): that ends the connection. */
static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t code,
    void *user)
{
	struct h2_session *s = user;
	struct h2_stream *st = stream_of(s, id);
	bool fine = !is_peers_doing(st, code) ||
	    h2_limits_reset(&s->limits, loop_now());

	if (s->heading == id)
		s->heading = 0;
	if (code == NGHTTP2_FLOW_CONTROL_ERROR && (st == NULL || !st->by_peer))
		(void)nghttp2_session_terminate_session(ng, code);
	if (st != NULL)
		h2_stream_close(st, (enum h2_code)code, false);
	return fine ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

void h2_set_receiving(nghttp2_session_callbacks *c)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(c,
	    on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(c, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(c,
	    on_invalid_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c,
	    on_data_chunk);
	nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c,
	    on_invalid_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(c,
	    on_stream_close);
}
