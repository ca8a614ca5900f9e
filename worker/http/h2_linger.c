/*
 * h2_linger.c - streams whose fibers need not wait for their end to be sent.
 *
 * Runs on the fibers that write, and on the session's.  A small end of a
 * message (all of it, mostly) is copied into the stream's own block, behind what
 * came, if the peer has given it all the window that it needs:
 *
 *   | head that came | body that came | names and values, body to be sent |
 *
 * The fiber goes, with whatever it held, and the stream lingers until the
 * session has sent it.  Otherwise as many fibers, and blocks for what they
 * send, would stay for another turn as streams are answered in one.  A peer that
 * takes nothing of it for as long as limits.min_rate says loses the stream.
 */
#include "common/base/insist.h"
#include "worker/http/h2_inside.h"

/* Behind what came; nothing more will be put there. */
static struct out room_of(struct h2_stream *st)
{
	struct h2_pieces *q = &st->pieces;
	struct out room = out_make(q->window + q->end, q->cap - q->end);

	q->cap = q->end;
	return room;
}

static bool has_window(const struct h2_stream *st, size_t n)
{
	nghttp2_session *ng = st->session->ng;
	int32_t need = (int32_t)n;

	return nghttp2_session_get_remote_window_size(ng) >= need &&
	    nghttp2_session_get_stream_remote_window_size(ng, st->id) >= need;
}

bool h2_copy_head(struct h2_stream *st, const struct h2_fields *f)
{
	struct out room = room_of(st);

	if (!h2_fields_copy(f, &room, &st->own_fields))
		return false;
	st->fields = &st->own_fields;
	return true;
}

bool h2_copy_end(struct h2_stream *st, const struct str *parts, unsigned count,
    size_t n)
{
	struct out room;

	if (st->closed || n > st->pieces.cap - st->pieces.end ||
	    !has_window(st, n))
		return false;
	room = room_of(st);
	if (st->fields != NULL &&
	    !h2_fields_copy(st->fields, &room, &st->own_fields))
		return false;
	st->own_part = str_make(room.p + room.n, n);
	for (unsigned i = 0; i < count; i++)
		out_str(&room, parts[i]);
	if (!out_ok(&room))
		return false;
	if (st->fields != NULL)
		st->fields = &st->own_fields;
	st->parts = &st->own_part;
	return true;
}

bool h2_linger_begin(struct h2_stream *st)
{
	struct h2_session *s = st->session;

	if (st->fields != &st->own_fields &&
	    (st->parts != &st->own_part || st->done))
		return false;
	st->lingers = true;
	st->lingers_since = loop_now();
	if (s->lingering++ == 0)
		s->linger_due = loop_now() + s->options->min_rate.over;
	return true;
}

void h2_linger_end(struct h2_stream *st)
{
	INSIST(st->lingers && !st->held && !st->closed);
	st->lingers = false;
	st->session->lingering--;
	h2_stream_leave(st);
	h2_stream_drop_memory(st);
}

void h2_linger_look(struct h2_session *s)
{
	usec_t over = s->options->min_rate.over;

	LIST_FOREACH(link, &s->streams) {
		struct h2_stream *st =
		    container_of(link, struct h2_stream, link);

		if (st->lingers && st->lingers_since + over <= loop_now())
			h2_reset(st, H2_CANCEL);
	}
	s->linger_due = loop_now() + over;
}
