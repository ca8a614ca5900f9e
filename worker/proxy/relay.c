/*
 * relay.c - a request to an origin, and its reply back.
 *
 * Runs on the exchange's fiber.  The relay lives in the exchange's arena and
 * owns the borrowed origin and, while bytes of the reply are at hand, one BODY
 * block.  Nothing is held while there is only waiting to be done.
 *
 *   borrow an origin -> send the head (and the body, or start its upload)
 *     -> read heads until a final one -> be the source of its body
 *
 * The origin is given back the moment the last byte of its reply was read,
 * not when a slow client has taken it.
 */
#include "worker/proxy/relay.h"

#include <errno.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/conn/splice.h"
#include "worker/http/h1.h"
#include "worker/http/head.h"
#include "worker/proxy/upload.h"

#define RELAY_MAGIC 0x52454c41u
#define HEAD_EXTRA 512 /* what we add to a head, at most, but for a prefix */

struct relay {
	uint32_t magic;
	struct source source;
	struct exchange *x;
	struct origin *origin; /* NULL: given back */
	struct upload upload;
	struct body body; /* of the reply */
	bool reusable;	  /* the origin's connection, after this reply */
	bool silent;	  /* the origin closed without a byte */
	size_t head_len;  /* of the reply's head */
	char *block;	  /* a BODY block: block[start..end) is received */
	size_t start;
	size_t end;
};

static struct relay *relay_of(struct source *s)
{
	struct relay *r = container_of(s, struct relay, source);

	INSIST_MAGIC(r, RELAY_MAGIC);
	return r;
}

/* ---- failing and ending ---- */

static int fail(struct relay *r, enum end why)
{
	exchange_fail(r->x, why);
	return -1;
}

/* What an error on the origin's side means. */
static int fail_origin(struct relay *r, int err, enum end at_deadline)
{
	if (err == -ECANCELED)
		exchange_fail_client(r->x, err, END_stopped);
	else if (err == -ETIMEDOUT)
		exchange_fail(r->x, at_deadline);
	else if (err == -EMFILE || err == -ENFILE || err == -ENOMEM)
		exchange_fail(r->x, END_overloaded);
	else
		exchange_fail(r->x, END_origin_closed);
	return -1;
}

static int malformed(struct relay *r, enum fault fault)
{
	if (r->x->end == END_NONE)
		r->x->fault = fault;
	return fail(r, END_origin_malformed);
}

static void give_block(struct relay *r)
{
	if (r->block != NULL)
		block_give_body(r->block);
	r->block = NULL;
	r->start = r->end = 0;
}

/* Ends the upload and parts with the origin; WHOLE: its reply is complete. */
static void part(struct relay *r, bool whole)
{
	bool sent;

	if (r->origin == NULL)
		return;
	upload_stop(&r->upload);
	sent = r->x->body.done && !r->upload.failed;
	if (!sent)
		r->x->must_close = true;
	if (whole && sent && r->reusable && r->start == r->end)
		origin_give(&r->origin);
	else
		origin_drop(&r->origin);
}

static void source_close(struct source *s)
{
	struct relay *r = relay_of(s);

	part(r, false);
	give_block(r);
	r->magic = 0;
}

/* ---- receiving from the origin ---- */

/*
 * Waits until the origin has something to read.  While the request's body is
 * still on its way its own pace is the limit: patience with the origin starts
 * when the upload has ended.
 */
static int wait_readable(struct relay *r, usec_t deadline)
{
	const struct upload *u = &r->upload;

	for (;;) {
		int err = conn_wait_readable(&r->origin->conn, deadline);
		usec_t later = loop_now() + RELAY_FIRST_BYTE_PATIENCE;

		if (err != -ETIMEDOUT || u->fiber == NULL)
			return err;
		if (!u->running)
			later = u->ended + RELAY_FIRST_BYTE_PATIENCE;
		if (later <= deadline)
			return err;
		deadline = later;
	}
}

/* A block with room behind what is at hand. */
static int ready_block(struct relay *r, usec_t deadline)
{
	if (r->start == r->end)
		r->start = r->end = 0;
	if (r->block != NULL)
		return 0;
	return block_take_body((void **)&r->block, deadline);
}

/* More bytes behind those at hand: 1, 0 at the end of the stream, -errno. */
static int receive(struct relay *r, usec_t deadline)
{
	struct conn *conn = &r->origin->conn;
	size_t most = body_readable(&r->body);
	ssize_t got;

	do {
		int err;

		if (r->start == r->end &&
		    !watch_is_ready(&conn->watch, WATCH_READ))
			give_block(r);
		err = wait_readable(r, deadline);
		if (err == 0)
			err = ready_block(r, deadline);
		if (err < 0)
			return err;
		if (most > BLOCK_BODY_SIZE - r->end)
			most = BLOCK_BODY_SIZE - r->end;
		got = conn_try_read(conn, r->block + r->end, most);
	} while (got == -EAGAIN);
	if (got > 0)
		r->end += (size_t)got;
	return got > 0 ? 1 : (int)got;
}

/* ---- the request ---- */

/* Only when it is still at hand as a whole, and harmless to repeat even if
 * the origin has acted upon it (RFC 9110, 9.2.2). */
static bool may_be_repeated(const struct exchange *x)
{
	struct str body;

	return method_is_idempotent(x->request.method) &&
	    exchange_body_is_held(x, &body);
}

/* A connection that was idle may be one that the origin is closing: what can't
 * be repeated takes only one that was just used, or a new one. */
static usec_t idle_at_most(const struct exchange *x)
{
	return may_be_repeated(x) ? ORIGIN_IDLE_PATIENCE : ORIGIN_FRESH;
}

static int borrow(struct relay *r, struct server *s, usec_t idle)
{
	int err = origin_borrow(s, idle, &r->origin);

	if (err == 0) {
		r->x->connected = loop_now();
		return 0;
	}
	if (err == -ETIMEDOUT)
		return fail(r, END_connect_deadline);
	if (err == -ECANCELED || err == -EMFILE || err == -ENFILE ||
	    err == -ENOMEM)
		return fail_origin(r, err, END_connect_deadline);
	return fail(r, END_connect_failed);
}

/* The head, with the body if all of it is at hand. */
static int send_request(struct relay *r, const struct server *s)
{
	struct exchange *x = r->x;
	struct h1_request_options options = {
	    .prefix = str_from(s->conf->prefix),
	    .host = x->request.authority.n == 0 ? str_from(s->conf->host)
						: STR_NONE,
	    .connection = x->request.upgrade.n > 0 ? H1_UPGRADE : H1_PERSIST,
	};
	struct out out =
	    exchange_out(x, x->head_len + options.prefix.n + HEAD_EXTRA);
	struct pace pace = pace_begin();
	struct iovec iov[2];
	struct str body;
	bool held = exchange_body_is_held(x, &body);
	int err;

	h1_write_request(&out, &x->request, &options);
	if (!out_ok(&out))
		return fail(r, END_overloaded);
	iov[0] = (struct iovec){out.p, out.n};
	iov[1] = (struct iovec){(void *)body.p, held ? body.n : 0};
	err = conn_write(&r->origin->conn, iov, held ? 2 : 1, &pace);
	if (err == -ECANCELED || err == -ETIMEDOUT)
		return fail_origin(r, err, END_origin_deadline);
	if (!held)
		return upload_start(&r->upload, x, &r->origin->conn);
	exchange_has_sent(x, body.n);
	return 0;
}

/* ---- the reply's head ---- */

/* A whole head into REPLY; its bytes are behind start then. */
static int parse_head(struct relay *r, size_t head_len, struct message *head)
{
	enum fault fault = head_parse_reply(
	    str_make(r->block + r->start, head_len), r->x->request.method,
	    &r->x->arena, head);

	r->start += head_len;
	r->head_len = head_len;
	return fault == FAULT_NONE ? 0 : malformed(r, fault);
}

/* Interim replies have used up the block before what is at hand. */
static void move_to_front(struct relay *r)
{
	size_t n = r->end - r->start;

	memmove(r->block, r->block + r->start, n);
	r->start = 0;
	r->end = n;
}

/* The first byte has its patience, and so has the rest of the head. */
static int read_head(struct relay *r, struct message *head)
{
	usec_t deadline = loop_now() + RELAY_FIRST_BYTE_PATIENCE;
	bool begun = r->start < r->end;
	size_t seen = 0;

	for (;;) {
		size_t n = r->end - r->start;
		size_t len = head_length(r->block + r->start, n, seen);
		int got;

		if (len > 0)
			return parse_head(r, len, head);
		if (n == BLOCK_BODY_SIZE)
			return malformed(r, FAULT_head_large);
		if (r->end == BLOCK_BODY_SIZE)
			move_to_front(r);
		seen = n;
		got = receive(r, deadline);
		if (got > 0 && r->x->first_byte == 0)
			r->x->first_byte = loop_now();
		if (got > 0 && !begun)
			deadline = loop_now() + RELAY_FIRST_BYTE_PATIENCE;
		begun = begun || got > 0;
		r->silent = got <= 0 && got != -ETIMEDOUT && r->end == 0;
		if (got <= 0)
			return fail_origin(r, got, END_origin_deadline);
	}
}

/* A 101 must be asked for, and say to what it changes. */
static int check_switch(struct relay *r, const struct message *head)
{
	if (r->x->request.upgrade.n > 0 && head->upgrade.n > 0)
		return 0;
	return malformed(r, FAULT_status_line);
}

/* Heads until the final one, or a 101. */
static int read_final_head(struct relay *r, struct message *head)
{
	struct arena mark = r->x->arena;

	r->body.kind = FRAMING_CLOSE; /* read whatever comes */
	for (int interims = 0;; interims++) {
		if (read_head(r, head) < 0)
			return -1;
		if (head->status >= 200)
			return 0;
		if (head->status == 101)
			return check_switch(r, head);
		if (interims == RELAY_INTERIMS_MAX)
			return malformed(r, FAULT_interims);
		if (reply_send_interim(r->x, head, r->head_len) < 0)
			return -1;
		r->x->arena = mark;
	}
}

/* ---- the reply's body ---- */

static bool source_is_ready(const struct source *s)
{
	const struct relay *r = container_of(s, const struct relay, source);

	return r->body.done || r->start < r->end;
}

/* Takes the coding off what is at hand: 1 and a piece, 0 for none, -1. */
static int decode(struct relay *r, struct str *piece_r)
{
	char *p = r->block + r->start;
	size_t payload, used;
	enum fault fault = body_decode(&r->body, p, r->end - r->start,
	    &payload, &used);

	if (fault != FAULT_NONE)
		return malformed(r, fault);
	r->start += used;
	r->source.ended = r->body.done;
	if (r->body.done)
		part(r, true);
	*piece_r = str_make(p, payload);
	return payload > 0;
}

/* When the client failed its upload has ended the stream: no proper end. */
static int end_of_stream(struct relay *r)
{
	if (r->x->end != END_NONE || !body_end_by_close(&r->body))
		return fail(r, END_origin_closed);
	part(r, true);
	return 0;
}

static int source_pull(struct source *s, struct str *piece_r)
{
	struct relay *r = relay_of(s);

	for (;;) {
		int got = 0;

		if (r->body.done && r->origin != NULL)
			part(r, true);
		else if (r->start < r->end && !r->body.done)
			got = decode(r, piece_r);
		if (got != 0)
			return got;
		if (r->body.done)
			return 0;
		got = receive(r, loop_now() + RELAY_IDLE_PATIENCE);
		if (got == 0)
			return end_of_stream(r);
		if (got < 0)
			return fail_origin(r, got, END_origin_idle);
	}
}

/* Large and plain: through a pipe in the kernel. */
static int source_pass(struct source *s, struct conn *to, struct pace *pace,
    uint64_t *moved)
{
	struct relay *r = relay_of(s);
	struct splice splice = {.to = to,
	    .patience = RELAY_IDLE_PATIENCE,
	    .pace = pace};
	int err;

	if (r->origin == NULL || r->start < r->end ||
	    body_plain_rest(&r->body) < SPLICE_WORTH)
		return 0;
	give_block(r);
	splice.from = &r->origin->conn;
	err = splice_move(&splice, body_plain_rest(&r->body));
	if (err == -ENOTSUP)
		return 0;
	*moved += splice.moved;
	body_pass(&r->body, splice.moved);
	if (err < 0 && splice.to_failed)
		exchange_fail_client(r->x, err, END_client_deadline);
	else if (err < 0)
		(void)fail_origin(r, err, END_origin_idle);
	else
		part(r, true);
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

/* ---- from the outside ---- */

static struct relay *make(struct exchange *x)
{
	struct relay *r = ARENA_NEW(&x->arena, struct relay);

	if (r == NULL) {
		exchange_fail(x, END_overloaded);
		return NULL;
	}
	r->magic = RELAY_MAGIC;
	r->x = x;
	r->source = (struct source){.pull = source_pull,
	    .is_ready = source_is_ready,
	    .pass = source_pass,
	    .close = source_close};
	return r;
}

static void answer(struct relay *r, struct reply *reply)
{
	reply->source = &r->source;
	reply->head_len = r->head_len;
	body_begin(&r->body, &reply->head.framing);
	r->reusable = reply->head.keep_alive;
	if (!r->body.done && r->start == r->end)
		conn_acknowledge(&r->origin->conn);
	if (reply->head.status == 101) {
		r->source.pull = source_pull_rest;
		reply->tunnel = r->origin;
		r->origin = NULL;
	}
}

/* One try. 0; 1: the idle connection was closed already, try a new one; -1. */
static int try(struct exchange *x, struct server *s, usec_t idle,
    struct reply *reply)
{
	struct arena mark = x->arena;
	struct relay *r = make(x);
	bool stale;

	if (r == NULL)
		return -1;
	if (borrow(r, s, idle) == 0 && send_request(r, s) == 0 &&
	    read_final_head(r, &reply->head) == 0) {
		answer(r, reply);
		return 0;
	}
	stale = r->origin != NULL && r->origin->reused && r->silent;
	source_close(&r->source);
	x->arena = mark;
	return stale && relay_may_retry(x) ? 1 : -1;
}

int relay_request(struct exchange *x, struct server *s, struct reply *reply)
{
	int err = try(x, s, idle_at_most(x), reply);

	if (err > 0) {
		x->end = END_NONE;
		err = try(x, s, 0, reply);
	}
	return err;
}

/* Without a connection nothing was sent, and nothing of the body read. */
bool relay_may_retry(const struct exchange *x)
{
	if (x->end == END_connect_failed || x->end == END_connect_deadline)
		return true;
	return x->end == END_origin_closed && x->first_byte == 0 &&
	    may_be_repeated(x);
}
