/*
 * exchange_body.c - reading the body of a request.
 *
 * Runs on the fiber that reads it: the exchange's own, or its upload.  What
 * came along with the head lies in the client's window and is decoded there;
 * the rest goes through BODY blocks, one piece at a time, and nothing is held
 * while the client is waited for.  A body that does not say how long it is, is
 * counted here and broken off at limits.body.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/proxy/exchange_stream.h"

bool exchange_body_is_held(const struct exchange *x, struct str *body_r)
{
	struct str held = conn_held(&x->client->conn);
	const struct framing *f = &x->request.framing;

	if (x->stream != NULL)
		return exchange_stream_is_held(x, body_r);
	if (f->kind == FRAMING_CHUNKED || f->length > held.n - x->head_len)
		return false;
	*body_r = str_make(held.p + x->head_len, (size_t)f->length);
	return true;
}

bool exchange_has_body_bytes(const struct exchange *x)
{
	if (x->stream != NULL)
		return exchange_stream_has_bytes(x);
	return !x->body.done &&
	    conn_held(&x->client->conn).n > x->head_len + x->held;
}

static void take_all(struct exchange *x, size_t held)
{
	x->held = held;
	x->body.total = held;
	x->body.done = true;
}

void exchange_has_all(struct exchange *x, size_t held)
{
	take_all(x, held);
	exchange_is_whole(x);
}

void exchange_pass_body(struct exchange *x)
{
	struct str body;

	if (x->body.done || x->must_close || x->stream != NULL)
		return;
	if (exchange_body_is_held(x, &body))
		take_all(x, body.n);
	else
		x->must_close = true;
}

/* Was something of the next request read? */
static bool has_more(const struct exchange *x)
{
	return x->carry.bytes != NULL ||
	    conn_held(&x->client->conn).n > x->head_len + x->held;
}

bool exchange_has_unread(const struct exchange *x)
{
	return !x->body.done || has_more(x) ||
	    conn_has_unread(&x->client->conn);
}

void exchange_is_whole(struct exchange *x)
{
	if (x->stream != NULL)
		return;
	client_is_waiting(x->client,
	    !x->scope->half_close && !has_more(x) && x->requests == 1);
}

uint64_t exchange_body_rest(const struct exchange *x)
{
	if (x->stream != NULL ||
	    conn_held(&x->client->conn).n > x->head_len + x->held)
		return 0;
	return body_plain_rest(&x->body);
}

void exchange_fail_body(struct exchange *x, int err)
{
	if (err == -EPIPE && !exchange_is_left(x))
		exchange_refuse(x, FAULT_body_cut);
	else if (err != -ECANCELED || exchange_is_left(x))
		exchange_fail_client(x, err, END_body_deadline);
}

static int fail_body(struct exchange *x, int err)
{
	exchange_fail_body(x, err);
	return -1;
}

static int refuse(struct exchange *x, enum fault fault)
{
	exchange_refuse(x, fault);
	return -1;
}

/* Payload that came: 1, or -1 where the body has become too large. */
static int take_piece(struct exchange *x, char *p, size_t n,
    struct str *piece_r)
{
	if (x->body.total > x->scope->limits.body) {
		x->must_close = true;
		exchange_fail(x, END_body_large);
		return -1;
	}
	*piece_r = str_make(p, n);
	return 1;
}

/* A piece out of the window, where body bytes came along with the head. */
static int read_held(struct exchange *x, struct str *piece_r)
{
	struct conn *conn = &x->client->conn;
	char *p = conn->window + conn->start + x->head_len + x->held;
	size_t n = conn_held(conn).n - x->head_len - x->held;
	size_t payload, used;
	enum fault fault = body_decode(&x->body, p, n, &payload, &used);

	if (fault != FAULT_NONE)
		return refuse(x, fault);
	x->held += used;
	return take_piece(x, p, payload, piece_r);
}

int exchange_hold_body(struct exchange *x)
{
	const struct framing *f = &x->request.framing;
	struct conn *conn = &x->client->conn;
	struct str body;

	if (x->stream != NULL)
		return exchange_stream_hold(x);
	if (x->held > 0 || f->kind != FRAMING_LENGTH ||
	    f->length > conn->cap - conn->start - x->head_len)
		return 0;
	while (!exchange_body_is_held(x, &body)) {
		ssize_t got = conn_wait_sender(conn, &x->pace);

		if (got == 0)
			got = conn_fill(conn);
		if (got == -EAGAIN)
			continue;
		if (got <= 0)
			return fail_body(x, got == 0 ? -EPIPE : (int)got);
		count_add(COUNT_bytes_in, got);
		pace_moved(&x->pace, (size_t)got);
	}
	exchange_has_all(x, body.n);
	return 1;
}

static bool carry_over(struct exchange *x, const char *p, size_t n)
{
	char *bytes = malloc(n);

	if (bytes == NULL)
		return false;
	memcpy(bytes, p, n);
	x->carry = (struct carry){bytes, n};
	return true;
}

/* What was read off the wire, N bytes at P. */
static int take_in(struct exchange *x, char *p, size_t n, struct str *piece_r)
{
	size_t payload, used;
	enum fault fault = body_decode(&x->body, p, n, &payload, &used);

	count_add(COUNT_bytes_in, (int64_t)n);
	pace_moved(&x->pace, n);
	if (fault != FAULT_NONE)
		return refuse(x, fault);
	if (used < n && !carry_over(x, p + used, n - used))
		return fail_body(x, -ENOMEM);
	return take_piece(x, p, payload, piece_r);
}

/* N bytes at most, but none of what follows the body if its end is known. */
static ssize_t try_wire(struct exchange *x, char *p, size_t n)
{
	size_t most = body_readable(&x->body);

	return conn_try_read(&x->client->conn, p, n < most ? n : most);
}

static void give_back(void **block)
{
	if (*block != NULL)
		block_give_body(*block);
	*block = NULL;
}

/* Waits without a block, reads with one. */
static ssize_t read_wire(struct exchange *x, void **block_r)
{
	ssize_t got;

	do {
		int err = conn_wait_sender(&x->client->conn, &x->pace);

		if (err == 0)
			err = block_take_body(block_r);
		if (err < 0)
			return err;
		got = try_wire(x, *block_r, BLOCK_BODY_SIZE);
		if (got == -EAGAIN)
			give_back(block_r);
	} while (got == -EAGAIN);
	return got == 0 ? -EPIPE : got;
}

int exchange_read_body(struct exchange *x, void **block_r,
    struct str *piece_r)
{
	ssize_t got;

	*block_r = NULL;
	if (x->stream != NULL)
		return exchange_stream_read(x, piece_r);
	if (x->body.done)
		return 0;
	if (exchange_has_body_bytes(x))
		return read_held(x, piece_r);
	got = read_wire(x, block_r);
	if (got > 0)
		got = take_in(x, *block_r, (size_t)got, piece_r);
	else
		got = fail_body(x, (int)got);
	if (got < 0)
		give_back(block_r);
	return (int)got;
}

/* A piece out of the window to P, where there is room for N bytes. */
static int copy_held(struct exchange *x, char *p, size_t n, size_t *got_r)
{
	struct str held = conn_held(&x->client->conn);
	size_t used;
	enum fault fault;
	struct str piece;

	held = str_behind(held, x->head_len + x->held);
	if (n > held.n)
		n = held.n;
	memcpy(p, held.p, n);
	fault = body_decode(&x->body, p, n, got_r, &used);
	if (fault != FAULT_NONE)
		return refuse(x, fault);
	x->held += used;
	return take_piece(x, p, *got_r, &piece);
}

int exchange_take_body(struct exchange *x, char *p, size_t n, size_t *got_r)
{
	struct str piece;
	ssize_t got;

	if (x->stream != NULL)
		return exchange_stream_take(x, p, n, got_r);
	if (x->body.done)
		return 0;
	if (exchange_has_body_bytes(x))
		return copy_held(x, p, n, got_r);
	do {
		got = conn_wait_sender(&x->client->conn, &x->pace);
		if (got == 0)
			got = try_wire(x, p, n);
	} while (got == -EAGAIN);
	if (got <= 0)
		return fail_body(x, got == 0 ? -EPIPE : (int)got);
	got = take_in(x, p, (size_t)got, &piece);
	*got_r = got > 0 ? piece.n : 0;
	return (int)got;
}
