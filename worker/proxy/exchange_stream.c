/*
 * exchange_stream.c - the body of a request that comes on a stream of HTTP/2.
 *
 * Runs on the fiber that reads it: the exchange's own, or its upload.  Bytes
 * are read where the session has put them: those behind the head stay there
 * until the exchange ends, like in the window of HTTP/1; a piece of the others
 * is consumed when the next one is asked for.
 *
 * x->held is how many bytes of the last piece are still to be consumed.
 */
#include "worker/proxy/exchange_stream.h"

#include <errno.h>

#include "common/base/insist.h"
#include "worker/http/h2.h"

bool exchange_stream_is_held(const struct exchange *x, struct str *body_r)
{
	struct str held = h2_held(x->stream);

	*body_r = STR("");
	if (x->request.framing.kind == FRAMING_NONE)
		return true;
	*body_r = held;
	return x->request.framing.kind == FRAMING_LENGTH &&
	    h2_is_whole(x->stream) && held.n == x->request.framing.length;
}

bool exchange_stream_has_bytes(const struct exchange *x)
{
	return !x->body.done && h2_held(x->stream).n > x->body.total;
}

static int refuse(struct exchange *x, enum fault fault)
{
	exchange_refuse(x, fault);
	return -1;
}

/* It was reset by the client, or because it broke a rule. */
static int fail(struct exchange *x, int err)
{
	if (err == -ECONNRESET && !h2_is_reset_by_peer(x->stream))
		return refuse(x, FAULT_stream);
	exchange_fail_body(x, err);
	return -1;
}

int exchange_stream_hold(struct exchange *x)
{
	const struct framing *f = &x->request.framing;
	struct str body;

	if (x->body.total > 0 || f->kind != FRAMING_LENGTH ||
	    f->length > h2_holds_at_most(x->stream))
		return 0;
	while (!exchange_stream_is_held(x, &body)) {
		int err = h2_wait_more(x->stream, &x->pace);

		if (err < 0)
			return fail(x, err);
		if (h2_is_whole(x->stream) &&
		    h2_held_in_all(x->stream) != f->length)
			return refuse(x, FAULT_length_differs);
		if (h2_held(x->stream).n != h2_held_in_all(x->stream))
			return 0;
	}
	exchange_has_all(x, body.n);
	return 1;
}

static void consume(struct exchange *x)
{
	if (x->held > 0)
		h2_consumed(x->stream, x->held);
	x->held = 0;
}

/* The next bytes: 1, 0 at the end, -1; counted, and not yet consumed. */
static int next(struct exchange *x, size_t most, struct str *piece_r)
{
	size_t payload, used;
	enum fault fault;
	int got;

	if (x->body.done)
		return 0;
	got = h2_read(x->stream, &x->pace, piece_r);
	if (got < 0)
		return fail(x, got);
	if (got == 0) {
		fault = body_end_by_stream(&x->body);
		return fault == FAULT_NONE ? 0 : refuse(x, fault);
	}
	if (piece_r->n > most)
		piece_r->n = most;
	fault = body_decode(&x->body, (char *)piece_r->p, piece_r->n, &payload,
	    &used);
	if (fault == FAULT_NONE && used < piece_r->n)
		fault = FAULT_length_differs;
	if (fault != FAULT_NONE)
		return refuse(x, fault);
	if (x->body.total > x->scope->limits.body) {
		exchange_fail(x, END_body_large);
		return -1;
	}
	x->held = piece_r->n;
	return 1;
}

int exchange_stream_read(struct exchange *x, struct str *piece_r)
{
	consume(x);
	return next(x, SIZE_MAX, piece_r);
}

int exchange_stream_take(struct exchange *x, char *p, size_t n, size_t *got_r)
{
	struct str piece;
	int got;

	consume(x);
	got = next(x, n, &piece);
	if (got <= 0)
		return got;
	memcpy(p, piece.p, piece.n);
	*got_r = piece.n;
	consume(x);
	return 1;
}
