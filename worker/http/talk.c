/*
 * talk.c - one request and its reply on a connection.
 *
 * Runs in workers, on any fiber.  A BODY block is lent to the connection while
 * bytes of the reply are at hand; while there is only waiting to be done none
 * is held, so that any number of silent peers costs no such memory.
 */
#include "worker/http/talk.h"

#include <errno.h>

#include "common/base/insist.h"
#include "worker/conn/block.h"
#include "worker/http/body.h"
#include "worker/http/head.h"

#define INTERIMS_MAX 64 /* replies with 1xx before the final one */

/* ---- the request ---- */

/* By the deadline, however fast the peer takes it. */
static int send_request(struct talk *t, struct conn *conn)
{
	struct pace pace = pace_begin((struct conf_rate){
	    .bytes = UINT32_MAX, .over = t->deadline - loop_now()});
	struct iovec iov[2] = {{(void *)t->head.p, t->head.n},
	    {(void *)t->body.p, t->body.n}};

	return conn_write(conn, iov, t->body.n > 0 ? 2 : 1, &pace);
}

/* ---- receiving ---- */

static void give_block(struct conn *conn)
{
	char *block = conn->window;

	if (conn->cap == 0)
		return;
	conn_take_back(conn);
	block_give_body(block);
}

/* A block with room behind what is at hand. */
static int ready_block(struct conn *conn)
{
	void *block;
	int err;

	if (conn->cap > 0) {
		if (conn->end == conn->cap && conn->start > 0)
			conn_lend(conn, conn->window, conn->cap);
		return 0;
	}
	err = block_take_body(&block);
	if (err == 0)
		conn_lend(conn, block, BLOCK_BODY_SIZE);
	return err;
}

/* More bytes behind those at hand: 1, 0 at the end of the stream, -errno. */
static int receive(struct talk *t, struct conn *conn)
{
	ssize_t got;

	do {
		int err;

		if (conn_held(conn).n == 0 &&
		    !watch_is_ready(&conn->watch, WATCH_READ))
			give_block(conn);
		err = conn_wait_readable(conn, t->deadline);
		if (err == 0)
			err = ready_block(conn);
		if (err < 0)
			return err;
		got = conn_fill(conn);
	} while (got == -EAGAIN);
	if (got > 0 && t->first_byte == 0)
		t->first_byte = loop_now();
	return got > 0 ? 1 : (int)got;
}

/* ---- the head ---- */

static int malformed(struct talk *t, enum fault fault)
{
	t->fault = fault;
	return -EPROTO;
}

/* A copy of a whole head, which is N bytes long, becomes the reply. */
static int parse_head(struct talk *t, struct conn *conn, size_t n,
    struct arena *a)
{
	struct conf_head_limits limits = {
	    .header = t->header_max, .fields = CONF_FIELDS_MAX};
	char *head = arena_alloc(a, n);
	enum fault fault = FAULT_no_room;

	if (head != NULL) {
		memcpy(head, conn_held(conn).p, n);
		fault = head_parse_reply(str_make(head, n), t->method,
		    &limits, a, &t->reply);
	}
	conn_consume(conn, n);
	return fault == FAULT_NONE ? 0 : malformed(t, fault);
}

static int read_head(struct talk *t, struct conn *conn, struct arena *a)
{
	size_t seen = 0;

	for (;;) {
		struct str held = conn_held(conn);
		size_t n = held.n > 0 ? head_length(held.p, held.n, seen) : 0;
		int got;

		if (n > 0)
			return parse_head(t, conn, n, a);
		if (held.n >= t->header_max)
			return malformed(t, FAULT_head_large);
		seen = held.n;
		got = receive(t, conn);
		t->silent = got <= 0 && got != -ETIMEDOUT && held.n == 0;
		if (got <= 0)
			return got == 0 ? -EPIPE : got;
	}
}

static int read_final_head(struct talk *t, struct conn *conn, struct arena *a)
{
	for (int interims = 0; interims <= INTERIMS_MAX; interims++) {
		struct arena mark = *a;
		int err = read_head(t, conn, a);

		if (err < 0)
			return err;
		if (t->reply.status >= 200)
			return 0;
		if (t->reply.status == 101)
			return malformed(t, FAULT_status_line);
		arena_rewind(a, &mark);
	}
	return malformed(t, FAULT_interims);
}

/* ---- the body ---- */

/* What is at hand. */
static int take_in(struct talk *t, struct conn *conn, struct body *body)
{
	char *p = conn->window + conn->start;
	size_t payload, used;
	enum fault fault =
	    body_decode(body, p, conn_held(conn).n, &payload, &used);

	if (fault != FAULT_NONE)
		return malformed(t, fault);
	conn_consume(conn, used);
	if (body->total > t->body_max)
		return -EMSGSIZE;
	if (payload > 0 && t->take != NULL &&
	    !t->take(t->arg, str_make(p, payload)))
		return -ECANCELED;
	return 0;
}

static int read_body(struct talk *t, struct conn *conn)
{
	struct body body;
	int got = 0;

	body_begin(&body, &t->reply.framing);
	while (!body.done && got >= 0) {
		if (conn_held(conn).n > 0) {
			got = take_in(t, conn, &body);
			continue;
		}
		got = receive(t, conn);
		if (got == 0)
			return body_end_by_close(&body) ? 0 : -EPIPE;
	}
	return body.done && got >= 0 ? 0 : got;
}

int talk(struct talk *t, struct conn *conn, struct arena *a)
{
	int err;

	INSIST(t->header_max <= BLOCK_BODY_SIZE && conn->cap == 0);
	t->reply.status = 0;
	t->first_byte = 0;
	t->silent = t->reusable = false;
	err = send_request(t, conn);
	if (err != -ECANCELED && err != -ETIMEDOUT)
		err = read_final_head(t, conn, a);
	if (err == 0)
		err = read_body(t, conn);
	t->reusable = err == 0 && t->reply.keep_alive &&
	    conn_held(conn).n == 0;
	conn_consume(conn, conn_held(conn).n);
	give_block(conn);
	return err;
}
