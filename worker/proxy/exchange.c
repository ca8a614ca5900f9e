/*
 * exchange.c - the memory of an exchange, and reading its request.
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
#include "worker/http/head.h"

#define EXCHANGE_MAGIC 0x45584348u

#define WINDOW_SIZE ((size_t)8 * 1024)
#define LARGE_WINDOW_SIZE ((size_t)64 * 1024)
#define LARGE_ARENA_SIZE ((size_t)64 * 1024)
#define HEADER_PATIENCE (10 * USEC_PER_SEC)

/* What a request leaves of the arena: a reply's fields, relay and tunnel. */
#define REPLY_ROOM ((MESSAGE_FIELDS_MAX + 1) * sizeof(struct field) + 1024)

_Static_assert(sizeof(struct exchange) <= 1024, "leave room for the arena");

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
	x->block = block;
	x->large = NULL;
	x->spill = NULL;
	x->carry = (struct carry){.bytes = NULL};
	x->requests = 0;
	x->head_len = x->held = 0;
	conn_lend(&c->conn, block, WINDOW_SIZE);
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

	INSIST_MAGIC(x, EXCHANGE_MAGIC);
	*xp = NULL;
	conn_consume(conn, conn_held(conn).n);
	conn_take_back(conn);
	drop_carry(x);
	free(x->large);
	free(x->spill);
	x->magic = 0;
	block_give_head(x->block);
}

static void init_arena(struct exchange *x)
{
	char *end = (char *)x->block + BLOCK_HEAD_SIZE;
	char *begin = (char *)(x + 1);

	if (x->large != NULL)
		arena_init_fixed(&x->arena, x->large + LARGE_WINDOW_SIZE,
		    LARGE_ARENA_SIZE);
	else
		arena_init_fixed(&x->arena, begin, (size_t)(end - begin));
}

/* Moves the window to 64 KiB; the arena follows it there. */
static bool enlarge(struct exchange *x)
{
	if (x->large != NULL)
		return false;
	x->large = malloc(LARGE_WINDOW_SIZE + LARGE_ARENA_SIZE);
	if (x->large == NULL)
		return false;
	conn_lend(&x->client->conn, x->large, LARGE_WINDOW_SIZE);
	init_arena(x);
	return true;
}

/* Room behind what is held: by moving that to the front, or to 64 KiB. */
static bool make_room(struct exchange *x)
{
	struct conn *conn = &x->client->conn;

	if (conn->start == 0)
		return enlarge(x);
	conn_lend(conn, conn->window, conn->cap);
	return true;
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
	if (x->carry.n > conn->cap && !enlarge(x))
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
	memset(&x->arena, 0, sizeof(*x) - offsetof(struct exchange, arena));
	free(x->spill);
	x->spill = NULL;
	shrink(x);
	init_arena(x);
	client_is_waiting(c, false);
	x->requests++;
	return take_up_carry(x);
}

static bool has_room_for_reply(const struct exchange *x, size_t besides)
{
	size_t left = (size_t)(x->arena.end - x->arena.at);

	return left >= REPLY_ROOM + besides;
}

struct out exchange_out(struct exchange *x, size_t n)
{
	char *p = NULL;

	if (has_room_for_reply(x, n))
		p = arena_alloc(&x->arena, n);
	if (p == NULL) {
		free(x->spill);
		p = x->spill = malloc(n);
	}
	return out_make(p, p != NULL ? n : 0);
}

/* ---- failing ---- */

void exchange_fail(struct exchange *x, enum end why)
{
	if (x->end == END_NONE)
		x->end = why;
	x->must_close |= end_status(why) == 0;
}

void exchange_fail_client(struct exchange *x, int err, enum end at_deadline)
{
	x->must_close = true;
	if (err == -ECANCELED)
		exchange_fail(x,
		    x->client->left ? END_client_closed : END_stopped);
	else if (err == -ETIMEDOUT)
		exchange_fail(x, at_deadline);
	else if (err == -ENOMEM)
		exchange_fail(x, END_overloaded);
	else
		exchange_fail(x, END_client_closed);
}

static enum next refuse(struct exchange *x, enum fault fault)
{
	x->fault = fault;
	x->must_close = true;
	exchange_fail(x, END_malformed);
	return NEXT_REQUEST;
}

/* ---- the head ---- */

static enum fault parse_head(struct exchange *x)
{
	struct str held = conn_held(&x->client->conn);

	return head_parse_request(str_make(held.p, x->head_len), &x->arena,
	    &x->request);
}

/* A head may fit into its window and yet need more room than is behind it. */
static enum next parse(struct exchange *x)
{
	enum fault fault = parse_head(x);

	if ((fault == FAULT_no_room ||
		(fault == FAULT_NONE && !has_room_for_reply(x, 0))) &&
	    enlarge(x))
		fault = parse_head(x);
	if (fault != FAULT_NONE)
		return refuse(x, fault);
	body_begin(&x->body, &x->request.framing);
	x->pace.left = EXCHANGE_BODY_PATIENCE;
	x->must_close = !x->request.keep_alive;
	return NEXT_REQUEST;
}

/* The client went silent, or away, in the middle of a head. */
static enum next give_up(struct exchange *x, int err)
{
	if (conn_held(&x->client->conn).n == 0 || err == -ECANCELED)
		return NEXT_CLOSE;
	exchange_fail_client(x, err, END_header_deadline);
	return NEXT_REQUEST;
}

/* One more piece of the head: 1, 0 for none now, or -errno. */
static int fill(struct exchange *x)
{
	ssize_t got = conn_fill(&x->client->conn);

	if (got == -ENOBUFS && make_room(x))
		got = conn_fill(&x->client->conn);
	if (got == -EAGAIN)
		return 0;
	if (got == 0)
		return -ECONNRESET;
	if (got > 0)
		count_add(COUNT_bytes_in, got);
	return got > 0 ? 1 : (int)got;
}

enum next exchange_read(struct exchange *x)
{
	struct conn *conn = &x->client->conn;
	usec_t deadline = loop_now() + HEADER_PATIENCE;
	size_t seen = 0;

	INSIST_MAGIC(x, EXCHANGE_MAGIC);
	if (!reset(x))
		return NEXT_CLOSE;
	x->began = loop_now();
	for (;;) {
		struct str held = conn_held(conn);
		int more;

		x->head_len = head_length(held.p, held.n, seen);
		if (x->head_len > 0)
			return parse(x);
		seen = held.n;
		more = fill(x);
		if (more == 0 && held.n == 0)
			return NEXT_PARK;
		if (more == 0)
			more = conn_wait_readable(conn, deadline);
		if (more == -ENOBUFS)
			return refuse(x, FAULT_head_large);
		if (more < 0)
			return give_up(x, more);
	}
}

/* ---- the body ---- */

bool exchange_body_is_held(const struct exchange *x, struct str *body_r)
{
	struct str held = conn_held(&x->client->conn);
	const struct framing *f = &x->request.framing;

	if (f->kind == FRAMING_CHUNKED || f->length > held.n - x->head_len)
		return false;
	*body_r = str_make(held.p + x->head_len, (size_t)f->length);
	return true;
}

void exchange_has_sent(struct exchange *x, size_t held)
{
	x->held = held;
	x->body.total = held;
	x->body.done = true;
	exchange_is_whole(x);
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
	client_is_waiting(x->client, !has_more(x) && x->requests == 1);
}

uint64_t exchange_body_rest(const struct exchange *x)
{
	if (conn_held(&x->client->conn).n > x->head_len + x->held)
		return 0;
	return body_plain_rest(&x->body);
}

void exchange_fail_body(struct exchange *x, int err)
{
	if (err == -EPIPE && !x->client->left)
		(void)refuse(x, FAULT_body_cut);
	else if (err != -ECANCELED || x->client->left)
		exchange_fail_client(x, err, END_body_deadline);
}

static int fail_body(struct exchange *x, int err)
{
	exchange_fail_body(x, err);
	return -1;
}

static int refuse_body(struct exchange *x, enum fault fault)
{
	(void)refuse(x, fault);
	return -1;
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
		return refuse_body(x, fault);
	x->held += used;
	*piece_r = str_make(p, payload);
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

/* What was read off the wire, into a BODY block. */
static int take_in(struct exchange *x, char *block, size_t n,
    struct str *piece_r)
{
	size_t payload, used;
	enum fault fault = body_decode(&x->body, block, n, &payload, &used);

	count_add(COUNT_bytes_in, (int64_t)n);
	pace_moved(&x->pace, n);
	if (fault != FAULT_NONE)
		return refuse_body(x, fault);
	if (used < n && !carry_over(x, block + used, n - used))
		return fail_body(x, -ENOMEM);
	*piece_r = str_make(block, payload);
	return 1;
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
	struct conn *conn = &x->client->conn;
	size_t most = body_readable(&x->body);
	ssize_t got;

	do {
		int err = conn_wait_sender(conn, &x->pace);

		if (err == 0)
			err = block_take_body(block_r,
			    loop_now() + EXCHANGE_BODY_PATIENCE);
		if (err < 0)
			return err;
		got = conn_try_read(conn, *block_r,
		    most < BLOCK_BODY_SIZE ? most : BLOCK_BODY_SIZE);
		if (got == -EAGAIN)
			give_back(block_r);
	} while (got == -EAGAIN);
	return got == 0 ? -EPIPE : got;
}

int exchange_read_body(struct exchange *x, void **block_r,
    struct str *piece_r)
{
	struct conn *conn = &x->client->conn;
	ssize_t got;

	*block_r = NULL;
	if (x->body.done)
		return 0;
	if (conn_held(conn).n > x->head_len + x->held)
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
