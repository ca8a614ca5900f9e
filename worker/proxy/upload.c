/*
 * upload.c - a request's body on its way to the origin.
 *
 * Runs on a child fiber of the exchange's.  It takes what is kept of the body,
 * then reads from the client, and writes to the origin while its parent reads
 * from the origin and writes to the client: one fiber a direction and
 * descriptor.  When the client fails (or lies about its framing) the origin
 * must never take what it got for a whole request: its connection is shut
 * down at once (of HTTP/2, its stream is reset), which also wakes the parent.
 * When the origin stops reading, its reply may still be coming: the parent
 * finds out.
 */
#include "worker/proxy/upload.h"

#include <errno.h>
#include <sys/socket.h>

#include "common/shm/seat.h"
#include "worker/conn/block.h"
#include "worker/conn/splice.h"
#include "worker/proxy/spool.h"

enum end upload_end_of_stall(const struct pace *pace)
{
	return pace->hurried ? END_origin_hurried : END_origin_stalled;
}

/* Was that the last piece that there is? */
static bool is_last(const struct upload *u)
{
	return u->x->body.done && u->at >= spool_size(u->x);
}

/* As a chunk, if the origin was told that there would be some. */
static int send_framed(struct upload *u, struct str piece, struct pace *pace)
{
	char head[BODY_CHUNK_HEAD];
	struct iovec iov[3];
	int n = 0;

	if (u->x->request.framing.kind != FRAMING_CHUNKED) {
		iov[n++] = (struct iovec){(void *)piece.p, piece.n};
		return conn_write(&u->to->conn, iov, n, pace);
	}
	iov[n++] = (struct iovec){head, body_chunk_head(head, piece.n)};
	iov[n++] = (struct iovec){(void *)piece.p, piece.n};
	iov[n++] = (struct iovec){BODY_CHUNK_TAIL, sizeof(BODY_CHUNK_TAIL) - 1};
	return conn_write(&u->to->conn, iov, n, pace);
}

static int send_piece(struct upload *u, struct str piece, struct pace *pace)
{
	if (piece.n == 0)
		return 0;
	if (u->to->stream == NULL)
		return send_framed(u, piece, pace);
	u->end_sent = is_last(u);
	return h2_write(u->to->stream, &piece, 1, u->end_sent, pace);
}

static int send_end(struct upload *u, struct pace *pace)
{
	struct iovec iov = {BODY_LAST_CHUNK, sizeof(BODY_LAST_CHUNK) - 1};

	if (u->to->stream != NULL)
		return u->end_sent ? 0
				   : h2_write(u->to->stream, NULL, 0, true,
				pace);
	if (u->x->request.framing.kind != FRAMING_CHUNKED)
		return 0;
	return conn_write(&u->to->conn, &iov, 1, pace);
}

enum outcome { MOVING, SENT, CLIENT_FAILED, ORIGIN_FAILED, ORIGIN_STALLED };

static enum outcome origin_failed(int err)
{
	return err == -ETIMEDOUT ? ORIGIN_STALLED : ORIGIN_FAILED;
}

/* Large and plain: through a pipe in the kernel.  MOVING: nothing was. */
static enum outcome pass(struct upload *u, struct pace *pace)
{
	struct exchange *x = u->x;
	struct splice splice = {.from = &x->client->conn,
	    .to = &u->to->conn,
	    .from_pace = &x->pace,
	    .pace = pace};
	uint64_t rest = u->at < spool_size(x) ? 0 : exchange_body_rest(x);
	int err;

	if (rest < SPLICE_WORTH || u->to->stream != NULL)
		return MOVING;
	err = splice_move(&splice, rest);
	if (err == -ENOTSUP)
		return MOVING;
	body_pass(&x->body, splice.moved);
	count_add(COUNT_bytes_in, (int64_t)splice.moved);
	if (err == 0)
		return SENT;
	if (splice.to_failed)
		return origin_failed(err);
	exchange_fail_body(x, err);
	return CLIENT_FAILED;
}

static enum outcome copy_piece(struct upload *u, struct pace *pace)
{
	struct str piece;
	void *block;
	int got = spool_read(u->x, &u->at, &block, &piece);
	int err;

	if (got < 0)
		return CLIENT_FAILED;
	if (got == 0)
		return send_end(u, pace) < 0 ? ORIGIN_FAILED : SENT;
	err = send_piece(u, piece, pace);
	if (block != NULL)
		block_give_body(block);
	return err < 0 ? origin_failed(err) : MOVING;
}

static enum outcome move_body(struct upload *u, struct pace *pace)
{
	enum outcome outcome = MOVING;

	while (outcome == MOVING) {
		outcome = pass(u, pace);
		if (outcome == MOVING)
			outcome = copy_piece(u, pace);
	}
	return outcome;
}

/* It takes nothing more, and has not begun to answer. */
static bool is_dead(const struct upload *u, enum outcome outcome)
{
	return outcome == ORIGIN_STALLED && u->x->first_byte == 0;
}

/* The origin must not take it for whole. */
static void break_off(struct upload *u)
{
	if (u->to->stream != NULL)
		h2_reset(u->to->stream, H2_CANCEL);
	else
		(void)shutdown(u->to->conn.watch.fd, SHUT_RDWR);
}

static void upload_run(void *arg)
{
	struct upload *u = arg;
	struct pace pace =
	    pace_of_silence(u->x->pool->timeouts.idle);
	enum outcome outcome = move_body(u, &pace);

	if (is_dead(u, outcome))
		exchange_fail(u->x, upload_end_of_stall(&pace));
	if (is_dead(u, outcome) || outcome == CLIENT_FAILED)
		break_off(u);
	u->failed = outcome != SENT;
	u->running = false;
	u->ended = loop_now();
	if (u->x->body.done)
		exchange_is_whole(u->x);
	if (u->is_last)
		spool_free(u->x);
}

int upload_start(struct upload *u, struct exchange *x, struct origin *to)
{
	*u = (struct upload){.x = x, .to = to, .running = true};
	u->fiber = fiber_spawn("upload", upload_run, u);
	if (u->fiber != NULL)
		return 0;
	u->running = false;
	exchange_fail(x, END_overloaded);
	return -1;
}

void upload_is_last(struct upload *u)
{
	u->is_last = true;
	if (!u->running)
		spool_free(u->x);
}

void upload_stop(struct upload *u)
{
	if (u->running)
		fiber_cancel(u->fiber);
	fiber_join(&u->fiber);
}
