/*
 * tunnel.c - two connections that pass each other's bytes.
 *
 * Runs on the exchange's fiber, with a child for the other direction.  A
 * half-close is passed on, and the tunnel ends when both directions have.  A
 * direction that breaks, or that nothing moved in for too long (in neither of
 * them), ends the other one too.
 */
#include "worker/origin/origin.h"
#include "worker/proxy/tunnel.h"

#include <errno.h>

#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/conn/splice.h"
#include "worker/http/h2.h"
#include "worker/proxy/upload.h"

struct tunnel;

/* One that has no conn is a stream of HTTP/2. */
struct side {
	struct conn *conn;
	struct h2_stream *stream;
};

struct direction {
	struct tunnel *tunnel;
	struct side *from;
	struct side *to;
	struct pace pace;    /* how slow TO may be */
	struct side *failed; /* when it broke: which of them */
	uint64_t moved;
	uint64_t streak; /* of those, since something less than a block came */
};

struct tunnel {
	struct side client;
	struct side origin;
	struct direction up;   /* client to origin: the child fiber's */
	struct direction down; /* origin to client */
	struct fiber *child;
	struct fiber *parent;
	usec_t idle; /* timeouts.websocket */
	usec_t moved_at; /* the last time that bytes moved, either way */
	int broken;	 /* the error that broke it first, or 0 */
	struct side *failed; /* and whose it was */
	enum end stalled;    /* somebody took too little; or END_NONE */
	bool child_ended;
};

static enum end end_of_stall(const struct direction *d)
{
	if (d == &d->tunnel->up)
		return upload_end_of_stall(&d->pace);
	return exchange_end_of_stall(&d->pace);
}

/* The same for both kinds of sides. */

static int write_side(struct side *to, struct str s, struct pace *pace)
{
	struct iovec iov = {(void *)s.p, s.n};

	if (to->stream != NULL)
		return h2_write(to->stream, &s, 1, false, pace);
	return conn_write(to->conn, &iov, 1, pace);
}

static int wait_side(struct side *from, usec_t due)
{
	struct pace pace = pace_of_silence(due - loop_now());

	if (from->stream == NULL)
		return conn_wait_readable(from->conn, due);
	if (h2_is_readable(from->stream))
		return fiber_charge(0);
	return pace.left <= 0 ? -ETIMEDOUT
			      : h2_wait_more(from->stream, &pace);
}

static void finish_side(struct side *to, struct pace *pace)
{
	if (to->stream != NULL)
		(void)h2_write(to->stream, NULL, 0, true, pace);
	else
		conn_finish(to->conn);
}

static void reset_side(struct side *to)
{
	if (to->stream != NULL)
		h2_reset(to->stream, H2_CONNECT_ERROR);
	else
		conn_set_reset(to->conn);
}

/* ---- a direction ---- */

static void note_failed_write(struct direction *d, int err)
{
	d->failed = d->to;
	if (err == -ETIMEDOUT && d->tunnel->stalled == END_NONE)
		d->tunnel->stalled = end_of_stall(d);
}

static int send_all(struct direction *d, const char *p, size_t n)
{
	int err;

	d->moved += n;
	d->tunnel->moved_at = loop_now();
	err = write_side(d->to, str_make(p, n), &d->pace);
	if (err < 0)
		note_failed_write(d, err);
	return err;
}

/* What a stream has is sent from where it lies. */
static ssize_t move_piece(struct direction *d)
{
	struct h2_stream *st = d->from->stream;
	struct pace none = pace_of_silence(0);
	struct str piece;
	int got = h2_read(st, &none, &piece);

	if (got > 0)
		got = send_all(d, piece.p, piece.n) < 0 ? -EPIPE : 1;
	if (got > 0)
		h2_consumed(st, piece.n);
	return got;
}

/* Reads into a block that is held only while there is something to move. */
static ssize_t copy_some(struct direction *d)
{
	void *block;
	ssize_t got;
	int err = block_take_body(&block);

	if (err < 0)
		return err;
	got = conn_try_read(d->from->conn, block, BLOCK_BODY_SIZE);
	if (got > 0) {
		err = send_all(d, block, (size_t)got);
		got = err < 0 ? err : got;
	}
	block_give_body(block);
	return got;
}

/* Past us, through a pipe; -ENOTSUP: that can't be done. */
static ssize_t splice_side(struct direction *d)
{
	struct splice s = {.from = d->from->conn,
	    .to = d->to->conn,
	    .pace = &d->pace};
	ssize_t got = splice_some(&s);

	d->moved += s.moved;
	if (s.moved > 0)
		d->tunnel->moved_at = loop_now();
	if (s.to_failed)
		note_failed_write(d, (int)got);
	return got;
}

/* Much of it at a time is worth a pipe.  -EAGAIN: there was nothing. */
static ssize_t move_some(struct direction *d)
{
	ssize_t got = -ENOTSUP;

	if (d->from->stream != NULL)
		return move_piece(d);
	if (d->streak >= SPLICE_WORTH && d->to->stream == NULL)
		got = splice_side(d);
	if (got == -ENOTSUP)
		got = copy_some(d);
	if (got >= (ssize_t)BLOCK_BODY_SIZE)
		d->streak += (uint64_t)got;
	else
		d->streak = 0;
	return got;
}

/* Until FROM ends: 0; -ETIMEDOUT when both directions are idle; -errno. */
static int move_all(struct direction *d)
{
	for (;;) {
		const struct tunnel *t = d->tunnel;
		usec_t due = t->moved_at + t->idle;
		int err = wait_side(d->from, due);
		ssize_t got;

		if (err == -ETIMEDOUT && due < t->moved_at + t->idle)
			continue;
		if (err < 0)
			return err;
		got = move_some(d);
		if (got <= 0 && got != -EAGAIN)
			return (int)got;
	}
}

static void note_break(struct direction *d, int err)
{
	struct tunnel *t = d->tunnel;

	if (t->broken != 0)
		return;
	t->broken = err;
	t->failed = d->failed != NULL ? d->failed : d->from;
}

static void pass(struct direction *d)
{
	int err = move_all(d);

	if (err == 0)
		finish_side(d->to, &d->pace);
	else
		note_break(d, err);
}

static void pass_up(void *arg)
{
	struct tunnel *t = arg;

	pass(&t->up);
	t->child_ended = true;
	if (t->broken != 0)
		fiber_cancel(t->parent);
}

/* What the client sent behind its request belongs to the origin already. */
static int send_held(struct exchange *x, struct tunnel *t)
{
	struct str held = conn_held(&x->client->conn);
	size_t n = held.n - x->head_len;

	if (x->stream != NULL)
		return 0;
	x->held = n;
	if (n == 0)
		return 0;
	return send_all(&t->up, held.p + x->head_len, n);
}

static void run(struct exchange *x, struct tunnel *t)
{
	int err = send_held(x, t);

	if (err < 0) {
		note_break(&t->up, err);
		return;
	}
	t->child = fiber_spawn("tunnel", pass_up, t);
	if (t->child == NULL) {
		note_break(&t->up, -ENOMEM);
		return;
	}
	pass(&t->down);
	if (t->broken != 0 && !t->child_ended)
		fiber_cancel(t->child);
	fiber_join(&t->child);
}

static enum end end_of(const struct tunnel *t)
{
	switch (t->broken) {
	case 0:
		return END_done;
	case -ETIMEDOUT:
		return t->stalled != END_NONE ? t->stalled : END_tunnel_idle;
	case -ECANCELED:
		return END_stopped;
	case -ENOMEM:
		return END_overloaded;
	default:
		return t->failed == &t->client ? END_client_closed
					       : END_origin_closed;
	}
}

/* A stream's frames were counted as they came and went, and what came with the
 * request. */
static void count_bytes(const struct exchange *x, const struct tunnel *t)
{
	if (x->stream != NULL)
		return;
	count_add(COUNT_bytes_out, (int64_t)t->down.moved);
	count_add(COUNT_bytes_in, (int64_t)(t->up.moved - x->held));
}

/* What breaks one side breaks the other: a reset must not seem an end. */
static void end(struct exchange *x, struct tunnel *t)
{
	x->end = end_of(t);
	if (x->end == END_stopped && exchange_is_left(x))
		x->end = END_client_closed;
	x->body_sent += t->down.moved;
	x->body.total += t->up.moved;
	count_bytes(x, t);
	if (x->end != END_client_closed && x->end != END_origin_closed)
		return;
	x->must_reset = true;
	reset_side(&t->client);
	reset_side(&t->origin);
}

static void set_tunnel(struct exchange *x, bool on)
{
	x->tunnelled = on;
	if (x->stream != NULL)
		client_count_tunnel(x->client, on);
	else if (on)
		client_set_tunnel(x->client);
}

void tunnel_run(struct exchange *x, struct origin **origin)
{
	struct tunnel *t = ARENA_NEW(&x->arena, struct tunnel);

	set_tunnel(x, true);
	if (t == NULL) {
		exchange_fail(x, END_overloaded);
	} else {
		t->client.stream = x->stream;
		t->client.conn = x->stream == NULL ? &x->client->conn : NULL;
		t->origin.stream = (*origin)->stream;
		t->origin.conn = (*origin)->stream == NULL ? &(*origin)->conn
							   : NULL;
		t->up = (struct direction){.tunnel = t,
		    .from = &t->client,
		    .to = &t->origin,
		    .pace = pace_of_silence(x->pool->timeouts.idle)};
		t->down = (struct direction){.tunnel = t,
		    .from = &t->origin,
		    .to = &t->client,
		    .pace = pace_begin(x->scope->limits.min_rate)};
		t->parent = fiber_self();
		t->idle = x->scope->timeouts.websocket;
		t->moved_at = loop_now();
		run(x, t);
		end(x, t);
	}
	set_tunnel(x, false);
	origin_drop(origin);
}
