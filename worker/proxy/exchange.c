/*
 * exchange.c - the memory of an exchange, and reading its request's head.
 *
 * Runs on the fiber that serves a client.  The head parser is not resumable:
 * here we read until the empty line is there, within a deadline that starts
 * at the first byte, and hand over complete bytes.
 */
#include "worker/proxy/exchange.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/http/h2.h"
#include "worker/http/h2_head.h"
#include "worker/http/head.h"
#include "worker/http/websocket.h"

#define EXCHANGE_MAGIC 0x45584348u

#define WINDOW_SIZE ((size_t)8 * 1024)
#define LARGE_WINDOW_SIZE ((size_t)64 * 1024)

_Static_assert(sizeof(struct exchange) <= 1088, "leave room for the arena");
#define SPARE_SIZE (BLOCK_HEAD_SIZE - WINDOW_SIZE)

const char *end_name(enum end e)
{
	static const char *const names[] = {
	    "none",
#define END(name, side, status, meaning) #name,
#include "common/tbl/end_reasons.h"
#undef END
	};

	INSIST(e < END_COUNT);
	return names[e];
}

enum end_side end_side(enum end e)
{
	static const unsigned char sides[] = {
	    END_BY_NOBODY,
#define END(name, side, status, meaning) END_BY_##side,
#include "common/tbl/end_reasons.h"
#undef END
	};

	INSIST(e < END_COUNT);
	return sides[e];
}

unsigned end_status(enum end e)
{
	static const unsigned short statuses[] = {
	    0,
#define END(name, side, status, meaning) status,
#include "common/tbl/end_reasons.h"
#undef END
	};

	INSIST(e < END_COUNT);
	return statuses[e];
}

/* ---- memory ---- */

struct exchange *exchange_open(struct client *c)
{
	char *block = block_take_head();
	struct exchange *x;

	if (block == NULL)
		return NULL;
	x = (struct exchange *)(block + WINDOW_SIZE);
	x->magic = EXCHANGE_MAGIC;
	x->client = c;
	x->stream = NULL;
	x->websocket = NULL;
	x->block = block;
	x->large = NULL;
	x->arena = (struct arena){.room = 0};
	x->carry = (struct carry){.bytes = NULL};
	x->requests = 0;
	x->scope = c->listener->scope;
	x->head_len = x->held = 0;
	conn_lend(&c->conn, block, WINDOW_SIZE);
	return x;
}

struct exchange *exchange_open_stream(struct client *c, struct h2_stream *st)
{
	struct exchange *x = (struct exchange *)h2_spare(st);

	memset(x, 0, sizeof(*x));
	x->magic = EXCHANGE_MAGIC;
	x->client = c;
	x->stream = st;
	x->fiber = fiber_self();
	x->requests = 1;
	h2_set_user(st, x);
	return x;
}

static void drop_carry(struct exchange *x)
{
	free(x->carry.bytes);
	x->carry = (struct carry){.bytes = NULL};
}

void exchange_close(struct exchange **xp)
{
	struct exchange *x = *xp;
	struct conn *conn = &x->client->conn;
	struct h2_stream *st = x->stream;

	INSIST_MAGIC(x, EXCHANGE_MAGIC);
	*xp = NULL;
	if (st != NULL) {
		arena_free(&x->arena);
		x->magic = 0;
		h2_release(&st);
		return;
	}
	conn_consume(conn, conn_held(conn).n);
	conn_take_back(conn);
	drop_carry(x);
	free(x->large);
	arena_free(&x->arena);
	x->magic = 0;
	block_give_head(x->block);
}

static void init_arena(struct exchange *x)
{
	char *end = (char *)x + SPARE_SIZE;
	char *begin = (char *)(x + 1);

	arena_init_bounded(&x->arena, begin, (size_t)(end - begin),
	    EXCHANGE_MORE);
}

/* Moves the window to 64 KiB: 0, -ENOBUFS when it is there already. */
static int enlarge(struct exchange *x)
{
	if (x->large != NULL)
		return -ENOBUFS;
	x->large = malloc(LARGE_WINDOW_SIZE);
	if (x->large == NULL)
		return -ENOMEM;
	conn_lend(&x->client->conn, x->large, LARGE_WINDOW_SIZE);
	return 0;
}

/* Room behind what is held: by moving that to the front, or to 64 KiB. */
static int make_room(struct exchange *x)
{
	struct conn *conn = &x->client->conn;

	if (conn->start == 0)
		return enlarge(x);
	conn_lend(conn, conn->window, conn->cap);
	return 0;
}

/* Back to the small window, if what is held fits. */
static void shrink(struct exchange *x)
{
	if (x->large == NULL || conn_held(&x->client->conn).n > WINDOW_SIZE)
		return;
	conn_lend(&x->client->conn, x->block, WINDOW_SIZE);
	free(x->large);
	x->large = NULL;
}

/* What was read beyond a chunked body comes before what is still to come.
 * False when there is no memory for it. */
static bool take_up_carry(struct exchange *x)
{
	struct conn *conn = &x->client->conn;

	if (x->carry.bytes == NULL)
		return true;
	INSIST(conn_held(conn).n == 0);
	if (x->carry.n > conn->cap && enlarge(x) < 0)
		return false;
	conn_put(conn, x->carry.bytes, x->carry.n);
	drop_carry(x);
	return true;
}

/* Everything behind CARRY begins anew. */
static bool reset(struct exchange *x)
{
	struct client *c = x->client;

	conn_consume(&c->conn, x->head_len + x->held);
	arena_free(&x->arena);
	x->idle = x->scope->timeouts.idle;
	memset(&x->arena, 0, sizeof(*x) - offsetof(struct exchange, arena));
	shrink(x);
	init_arena(x);
	x->scope = c->listener->scope;
	client_is_waiting(c, false);
	x->requests++;
	return take_up_carry(x);
}

struct exchange *exchange_open_ended(struct client *c, enum end why,
    enum fault fault)
{
	struct exchange *x = exchange_open(c);

	if (x == NULL)
		return NULL;
	(void)reset(x);
	x->began = loop_now();
	x->request.is_h2 = x->request.version_read = true;
	x->end = why;
	x->fault = fault;
	return x;
}

struct out exchange_out(struct exchange *x, size_t n)
{
	char *p = arena_alloc(&x->arena, n);

	return out_make(p, p != NULL ? n : 0);
}

/* ---- failing ---- */

void exchange_fail(struct exchange *x, enum end why)
{
	if (x->end == END_NONE)
		x->end = why;
	x->must_close |= end_status(why) == 0;
}

bool exchange_is_left(const struct exchange *x)
{
	return x->stream != NULL ? h2_is_reset(x->stream) : x->client->left;
}

void exchange_cancel(struct exchange *x)
{
	fiber_cancel(x->stream != NULL ? x->fiber : x->client->fiber);
}

void exchange_fail_client(struct exchange *x, int err, enum end at_deadline)
{
	x->must_close = true;
	x->unsent |= at_deadline == END_client_deadline;
	if (err == -ECANCELED)
		exchange_fail(x,
		    exchange_is_left(x) ? END_client_closed : END_stopped);
	else if (err == -ETIMEDOUT)
		exchange_fail(x, at_deadline);
	else if (err == -ENOMEM)
		exchange_fail(x, END_overloaded);
	else
		exchange_fail(x, END_client_closed);
}

enum end exchange_end_of_stall(const struct pace *pace)
{
	return pace->hurried ? END_client_hurried : END_client_deadline;
}

void exchange_refuse(struct exchange *x, enum fault fault)
{
	x->fault = fault;
	x->must_close = true;
	x->must_reset |= x->stream != NULL && h2_head_resets(fault);
	exchange_fail(x, END_malformed);
}

/* ---- the head ---- */

static enum next refuse(struct exchange *x, enum fault fault)
{
	exchange_refuse(x, fault);
	return NEXT_REQUEST;
}

/* Of a head that is not read to its end: an answer to HEAD has no body. */
static void guess_method(struct exchange *x)
{
	if (str_starts(conn_held(&x->client->conn), STR("HEAD ")))
		x->request.method = METHOD_HEAD;
}

static enum next refuse_large(struct exchange *x)
{
	guess_method(x);
	return refuse(x, FAULT_head_large);
}

/* The client went silent, or away, in the middle of a head; or there is no
 * memory for it. */
static enum next give_up(struct exchange *x, int err)
{
	if (conn_held(&x->client->conn).n == 0 ||
	    (err == -ECANCELED && !x->client->left))
		return NEXT_CLOSE;
	guess_method(x);
	exchange_fail_client(x, err, END_header_deadline);
	return NEXT_REQUEST;
}

static enum next parse(struct exchange *x)
{
	struct str held = conn_held(&x->client->conn);
	enum fault fault = head_parse_request(str_make(held.p, x->head_len),
	    &x->scope->limits.head, &x->arena, &x->request);

	if (fault == FAULT_no_room)
		return give_up(x, -ENOMEM);
	if (fault != FAULT_NONE)
		return refuse(x, fault);
	body_begin(&x->body, &x->request.framing);
	x->must_close = !x->request.keep_alive;
	return NEXT_REQUEST;
}

/* One more piece of the head: 1, 0 for none now, or -errno. */
static int fill(struct exchange *x)
{
	ssize_t got = conn_fill(&x->client->conn);

	if (got == -ENOBUFS) {
		got = make_room(x);
		if (got == 0)
			got = conn_fill(&x->client->conn);
	}
	if (got == -EAGAIN)
		return 0;
	if (got == 0)
		return -ECONNRESET;
	if (got > 0)
		count_add(COUNT_bytes_in, got);
	return got > 0 ? 1 : (int)got;
}

/* RFC 9113, 3.4: it looks like a head, so that HTTP/1 stops at it. */
static bool is_preface(const struct exchange *x, struct str held)
{
	return x->client->listener->h2c && x->requests == 1 &&
	    str_starts(held, STR("PRI * HTTP/2.0\r\n\r\n"));
}

bool exchange_begin(struct exchange *x)
{
	bool ok = reset(x);

	x->began = loop_now();
	return ok;
}

enum next exchange_read(struct exchange *x)
{
	struct conn *conn = &x->client->conn;
	size_t seen = 0;
	usec_t deadline;

	INSIST_MAGIC(x, EXCHANGE_MAGIC);
	if (!exchange_begin(x))
		return NEXT_CLOSE;
	deadline = x->began + x->scope->timeouts.header;
	for (;;) {
		struct str held = conn_held(conn);
		int more;

		x->head_len = head_length(held.p, held.n, seen);
		if (x->head_len > 0 && is_preface(x, held))
			return NEXT_H2;
		if (x->head_len > 0)
			return parse(x);
		seen = held.n;
		if (seen >= x->scope->limits.head.header)
			return refuse_large(x);
		more = fill(x);
		if (more == 0 && held.n == 0)
			return NEXT_PARK;
		if (more == 0)
			more = conn_wait_readable(conn, deadline);
		if (more == -ENOBUFS)
			return refuse_large(x);
		if (more < 0)
			return give_up(x, more);
	}
}

/* ---- a stream's ---- */

/* What a body without a length is to HTTP/1: chunks. */
static void begin_body(struct exchange *x)
{
	struct framing *f = &x->request.framing;

	if (f->kind == FRAMING_STREAM && h2_is_whole(x->stream) &&
	    h2_held(x->stream).n == h2_held_in_all(x->stream))
		*f = (struct framing){.kind = FRAMING_LENGTH,
		    .length = h2_held(x->stream).n};
	body_begin(&x->body, f);
	/* That it is empty must turn out, too. */
	x->body.done &= f->kind == FRAMING_NONE || h2_is_whole(x->stream);
	*f = body_frame_onward(*f, 1);
}

/* An extended CONNECT is a GET with Upgrade to its origin. */
static void make_websocket(struct exchange *x)
{
	char *key;

	if (x->request.upgrade.n == 0)
		return;
	key = arena_alloc(&x->arena, WEBSOCKET_KEY_SIZE);
	if (key == NULL) {
		exchange_fail(x, END_overloaded);
		return;
	}
	websocket_make_key(key);
	websocket_drop(&x->request);
	x->websocket = key;
}

void exchange_read_stream(struct exchange *x)
{
	const struct conf_scope *scope = x->client->listener->scope;
	enum fault fault;

	init_arena(x);
	x->scope = scope;
	x->began = loop_now();
	fault = h2_request(x->stream, &scope->limits.head, &x->arena,
	    &x->request);
	x->head_len = h2_head_size(x->stream);
	if (fault == FAULT_no_room)
		exchange_fail(x, END_overloaded);
	else if (fault != FAULT_NONE)
		exchange_refuse(x, fault);
	else if (exchange_is_left(x))
		exchange_fail(x, END_client_closed);
	make_websocket(x);
	begin_body(x);
}
