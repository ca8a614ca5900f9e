/*
 * h2_send.c - what streams want of nghttp2, and its frames onto the wire.
 *
 * Runs on the session's fiber.  nghttp2 chooses which stream's DATA goes next
 * (RFC 9218: urgency, then turns); their bytes are copied from where they were
 * published straight into the output, behind the frame's head:
 *
 *   stream's parts  | ........ |        out | head | DATA | head | DATA | ...
 *                       ^ part_at            ^ out_start               ^ out_end
 *
 * The output is a block that is held only while there is something in it, and
 * leaves with one system call whatever streams that came from.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/http/h2_inside.h"

#define FRAME_HEAD 9
#define ROOM_LEAST ((size_t)2 * 1024) /* a smaller rest is left empty */

/* ---- the output ---- */

static bool take_output(struct h2_session *s)
{
	if (s->out != NULL)
		return true;
	s->out = block_take_kept();
	s->out_cap = BLOCK_BODY_SIZE;
	if (s->out == NULL) {
		s->out = block_take_head();
		s->out_cap = BLOCK_HEAD_SIZE;
	}
	s->out_start = s->out_end = 0;
	return s->out != NULL;
}

void h2_send_forget(struct h2_session *s)
{
	if (s->out != NULL && s->out_cap == BLOCK_BODY_SIZE)
		block_give_kept(s->out);
	else if (s->out != NULL)
		block_give_head(s->out);
	s->out = NULL;
}

static size_t room(const struct h2_session *s)
{
	return s->out_cap - s->out_end;
}

static void put(struct h2_session *s, const void *p, size_t n)
{
	INSIST(n <= room(s));
	if (n == 0)
		return;
	memcpy(s->out + s->out_end, p, n);
	s->out_end += n;
}

/* ---- DATA ---- */

/* What is left goes at once, and nothing behind it. */
static int end_data(struct h2_stream *st, uint32_t *flags)
{
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	st->done = true;
	cond_signal(&st->writable);
	if (st->trailers == NULL)
		return 0;
	*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
	return nghttp2_submit_trailer(st->session->ng, st->id,
	    st->trailers->nv, st->trailers->count);
}

/* How much of it there is for a frame of up to N bytes. */
static ssize_t read_data(nghttp2_session *ng, int32_t id, uint8_t *p,
    size_t n, uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct h2_stream *st = source->ptr;
	struct h2_session *s = user;
	bool last = st->last || st->trailers != NULL;
	size_t fits = room(s);

	(void)ng;
	(void)id;
	(void)p;
	if (st->left == 0 && !last) {
		st->idle = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	if (fits < ROOM_LEAST)
		return NGHTTP2_ERR_PAUSE;
	fits -= FRAME_HEAD;
	if (n > fits)
		n = fits;
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (n < st->left)
		return (ssize_t)n;
	if (last && end_data(st, flags) != 0)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	return (ssize_t)st->left;
}

/* N bytes of what was published, into the output. */
static void copy_parts(struct h2_session *s, struct h2_stream *st, size_t n)
{
	st->left -= n;
	while (n > 0) {
		size_t part = st->parts->n - st->part_at;

		if (part > n)
			part = n;
		put(s, st->parts->p + st->part_at, part);
		st->part_at += part;
		n -= part;
		if (st->part_at == st->parts->n) {
			st->parts++;
			st->part_at = 0;
		}
	}
}

static int send_data(nghttp2_session *ng, nghttp2_frame *frame,
    const uint8_t *head, size_t n, nghttp2_data_source *source, void *user)
{
	struct h2_stream *st = source->ptr;
	struct h2_session *s = user;

	(void)ng;
	INSIST(frame->data.padlen == 0 && n <= st->left);
	put(s, head, FRAME_HEAD);
	copy_parts(s, st, n);
	h2_limits_sent(&s->limits, n);
	if (st->left == 0)
		cond_signal(&st->writable);
	if (st->lingers && st->done)
		h2_linger_end(st);
	return 0;
}

void h2_set_sending(nghttp2_session_callbacks *c)
{
	nghttp2_session_callbacks_set_send_data_callback(c, send_data);
}

/* ---- what streams want ---- */

static int submit_head(struct h2_session *s, struct h2_stream *st)
{
	const struct h2_fields *f = st->fields;
	nghttp2_data_provider data = {{.ptr = st}, read_data};
	nghttp2_data_provider *body = st->kind == H2_HEAD ? &data : NULL;

	if (st->kind == H2_HEAD_INTERIM)
		return nghttp2_submit_headers(s->ng, NGHTTP2_FLAG_NONE, st->id,
		    NULL, f->nv, f->count, NULL);
	if (s->options->server)
		return nghttp2_submit_response(s->ng, st->id, f->nv, f->count,
		    body);
	st->id = nghttp2_submit_request(s->ng, NULL, f->nv, f->count, body, st);
	return st->id < 0 ? st->id : 0;
}

static void do_head(struct h2_session *s, struct h2_stream *st)
{
	int err = submit_head(s, st);

	st->fields = NULL;
	if (st->kind == H2_HEAD_LAST)
		st->done = true;
	cond_signal(&st->writable);
	if (st->id <= 0) {
		st->id = 0;
		h2_stream_close(st, H2_REFUSED_STREAM, false);
		return;
	}
	if (err != 0) {
		st->code = H2_INTERNAL_ERROR;
		h2_stream_wants(st, H2_WANT_RESET);
	}
	if (st->lingers && st->done)
		h2_linger_end(st);
}

static void do_reset(struct h2_session *s, struct h2_stream *st)
{
	(void)nghttp2_submit_rst_stream(s->ng, NGHTTP2_FLAG_NONE, st->id,
	    st->code);
}

static void do_one(struct h2_session *s, struct h2_stream *st)
{
	unsigned wants = st->wants;

	st->wants = 0;
	if (wants & H2_WANT_HEAD && st->fields != NULL)
		do_head(s, st);
	if (st->closed)
		return;
	if (wants & H2_WANT_DATA && st->idle) {
		st->idle = false;
		(void)nghttp2_session_resume_data(s->ng, st->id);
	}
	if (wants & H2_WANT_CREDIT) {
		(void)nghttp2_session_consume_stream(s->ng, st->id,
		    st->consumed);
		st->consumed = 0;
	}
	if (wants & H2_WANT_RESET)
		do_reset(s, st);
}

void h2_send_todo(struct h2_session *s)
{
	struct list *link;

	while ((link = list_pop(&s->todo)) != NULL) {
		struct h2_stream *st =
		    container_of(link, struct h2_stream, todo);

		if (!st->closed)
			do_one(s, st);
	}
	if (s->owed > 0 && s->buffered <= H2_BUFFERED_MAX / 2) {
		(void)nghttp2_session_consume_connection(s->ng, s->owed);
		s->owed = 0;
	}
}

/* ---- frames ---- */

/* As much as fits of nghttp2's next frames.  0, or -errno. */
static int gather(struct h2_session *s)
{
	while (room(s) >= ROOM_LEAST) {
		const uint8_t *p = NULL;
		size_t before = s->out_end;
		size_t n;

		if (s->frame.n == 0) {
			ssize_t got = nghttp2_session_mem_send(s->ng, &p);

			if (got < 0)
				return got == NGHTTP2_ERR_NOMEM ? -ENOMEM
								: -EPROTO;
			if (got == 0 && s->out_end == before)
				return 0;
			if (got == 0) /* it was DATA, which is there */
				continue;
			s->frame = str_make((const char *)p, (size_t)got);
		}
		n = s->frame.n < room(s) ? s->frame.n : room(s);
		put(s, s->frame.p, n);
		s->frame = str_behind(s->frame, n);
	}
	return 0;
}

/* All that is in the output.  0, -EAGAIN, or -errno. */
static int flush(struct h2_session *s)
{
	while (s->out_start < s->out_end) {
		ssize_t n = conn_try_write(s->conn, s->out + s->out_start,
		    s->out_end - s->out_start);

		if (n == -EAGAIN && s->since == 0) {
			s->since = loop_now();
			s->queued = conn_queued(s->conn);
		}
		if (n < 0)
			return (int)n;
		s->since = 0;
		s->out_start += (size_t)n;
		s->sent += (size_t)n;
		if (s->options->server)
			count_add(COUNT_bytes_out, n);
		pace_moved(&s->pace, (size_t)n);
		n = fiber_charge((size_t)n);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

/* Room at the end of OUT is made only when all of it has gone: what TLS was
 * given and could not send must stay where it is. */
int h2_send_now(struct h2_session *s)
{
	for (;;) {
		int err;

		h2_send_todo(s);
		if (!take_output(s))
			return -ENOMEM;
		err = gather(s);
		if (err == 0 && s->out_start == s->out_end)
			break;
		if (err == 0)
			err = flush(s);
		if (err < 0)
			return err;
		s->out_start = s->out_end = 0;
	}
	h2_send_forget(s);
	return 0;
}
