/*
 * h2_write.c - what fibers send on their streams.
 *
 * Runs on the fibers that hold streams.  What is to be sent is published where
 * it lies, and the fiber waits until the session has copied all of it into its
 * output; unless it is small, and the last: h2_linger.c.
 *
 * How slow the peer may be is counted here for each stream, and for all that
 * the kernel has taken by the session.  A stream is not to pay for those that
 * come before it.
 */
#include <errno.h>

#include "common/base/insist.h"
#include "worker/http/h2_inside.h"

/* Until the session has taken the head. */
static int wait_head(struct h2_stream *st)
{
	int err = 0;

	while (st->fields != NULL && err == 0)
		err = h2_stream_wait(st, &st->writable, DEADLINE_NEVER);
	if (err < 0)
		st->fields = NULL;
	return err;
}

int h2_write_head(struct h2_stream *st, const struct h2_fields *f,
    enum h2_head_kind kind)
{
	INSIST(st->fields == NULL && !st->done);
	if (st->closed)
		return -ECONNRESET;
	st->fields = f;
	st->kind = kind;
	if (kind == H2_HEAD_LAST && h2_copy_head(st, f))
		kind = H2_HEAD;
	h2_stream_wants(st, H2_WANT_HEAD);
	return kind != H2_HEAD ? wait_head(st) : 0;
}

/* Bytes of the session that its peer has certainly got. */
static uint64_t arrived(const struct h2_session *s)
{
	return s->sent - (uint64_t)conn_queued(s->conn);
}

/* Is it the peer who keeps us from sending?  It gives no window, or has taken
 * nothing since it had BEFORE; or else others of its streams come first. */
static bool peer_is_in_the_way(const struct h2_stream *st, uint64_t before)
{
	const struct h2_session *s = st->session;

	return nghttp2_session_get_remote_window_size(s->ng) <= 0 ||
	    nghttp2_session_get_stream_remote_window_size(s->ng, st->id) <= 0 ||
	    (s->since != 0 && arrived(s) <= before);
}

/* Waits once: 0, -ETIMEDOUT when PACE is over, or -errno. */
static int wait_some(struct h2_stream *st, struct pace *pace)
{
	usec_t since = loop_now();
	uint64_t before = st->session->since != 0 ? arrived(st->session) : 0;
	size_t left = st->left;
	int err = h2_stream_wait(st, &st->writable, since + pace_look(pace));

	if (err < 0 && err != -ETIMEDOUT)
		return err;
	if (left > st->left || peer_is_in_the_way(st, before))
		pace_waited(pace, since);
	pace_moved(pace, left - st->left);
	return err < 0 && pace_is_over(pace) ? err : 0;
}

/* Until all of it was taken. */
static int wait_taken(struct h2_stream *st, struct pace *pace)
{
	bool ends = st->last || st->trailers != NULL;
	int err = 0;

	while (err == 0 && (st->left > 0 || (ends && !st->done)))
		err = wait_some(st, pace);
	return err;
}

static int publish(struct h2_stream *st, struct pace *pace)
{
	int err = st->closed ? -ECONNRESET : 0;

	INSIST(!st->done);
	if (err == 0) {
		h2_stream_wants(st, H2_WANT_DATA);
		err = wait_taken(st, pace);
	}
	st->parts = NULL;
	st->left = 0;
	st->trailers = NULL;
	if (err < 0)
		st->fields = NULL;
	return err;
}

int h2_write(struct h2_stream *st, const struct str *parts, unsigned count,
    bool last, struct pace *pace)
{
	size_t n = 0;

	for (unsigned i = 0; i < count; i++)
		n += parts[i].n;
	st->parts = parts;
	st->part_at = 0;
	st->left = n;
	st->last = last;
	if (n == 0 && !last)
		return wait_head(st);
	if (last && h2_copy_end(st, parts, count, n)) {
		h2_stream_wants(st, H2_WANT_DATA);
		return 0;
	}
	return publish(st, pace);
}

int h2_write_trailers(struct h2_stream *st, const struct h2_fields *f,
    struct pace *pace)
{
	st->trailers = f;
	return publish(st, pace);
}
