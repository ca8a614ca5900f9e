/*
 * reply.c - the only place that writes to a client.
 *
 * Runs on the exchange's fiber.  Pulls the reply's source piece by piece and
 * sends each in the framing that the client's version asks for.  What is at
 * hand when the head goes out goes with it, so a small reply is one writev.
 */
#include "worker/proxy/reply.h"

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/http/h1.h"

#define HEAD_EXTRA 256 /* what we add to a head, at most */
#define LAST_WORD_PATIENCE USEC_PER_SEC

/* ---- our own answers ---- */

static unsigned error_status(const struct exchange *x)
{
	return x->end == END_malformed ? fault_status(x->fault)
				       : end_status(x->end);
}

static enum h1_connection connection_for(const struct exchange *x)
{
	if (x->must_close || clients_draining())
		return H1_CLOSE;
	return x->request.minor == 0 ? H1_KEEP_ALIVE : H1_PERSIST;
}

void reply_error(struct exchange *x, struct reply *reply)
{
	unsigned status = error_status(x);
	struct out out;
	struct h1_simple simple;

	if (status == 0)
		return;
	if (!x->body.done)
		x->must_close = true;
	simple = (struct h1_simple){.status = status,
	    .text = h1_reason(status),
	    .to_head = x->request.method == METHOD_HEAD,
	    .connection = connection_for(x),
	    .wall = clock_wall()};
	out = exchange_out(x, 1024);
	h1_simple_reply(&out, &simple);
	INSIST(out_ok(&out) || out.cap == 0);
	reply->ours = out_text(&out);
	x->status = status;
}

/* ---- sending ---- */

static int fail_write(struct exchange *x, int err)
{
	exchange_fail_client(x, err, END_client_deadline);
	return -1;
}

static int write_out(struct exchange *x, struct iovec *iov, int n,
    struct pace *pace)
{
	size_t bytes = 0;
	int err;

	for (int i = 0; i < n; i++)
		bytes += iov[i].iov_len;
	err = conn_write(&x->client->conn, iov, n, pace);
	if (err < 0)
		return fail_write(x, err);
	count_add(COUNT_bytes_out, (int64_t)bytes);
	return 0;
}

static struct iovec part(struct str s)
{
	return (struct iovec){(void *)s.p, s.n};
}

/*
 * Sends HEAD (perhaps empty) and one PIECE in FRAMING with one system call;
 * LAST: the body ends here.
 */
static int send_piece(struct exchange *x, struct str head, struct str piece,
    enum framing_kind framing, bool last, struct pace *pace)
{
	char size[BODY_CHUNK_HEAD];
	struct iovec iov[5];
	bool chunk = framing == FRAMING_CHUNKED && piece.n > 0;
	int n = 0;

	if (head.n > 0)
		iov[n++] = part(head);
	if (chunk)
		iov[n++] = (struct iovec){size, body_chunk_head(size, piece.n)};
	if (piece.n > 0)
		iov[n++] = part(piece);
	if (chunk)
		iov[n++] = part(STR(BODY_CHUNK_TAIL));
	if (last && framing == FRAMING_CHUNKED)
		iov[n++] = part(STR(BODY_LAST_CHUNK));
	x->body_sent += piece.n;
	return n > 0 ? write_out(x, iov, n, pace) : 0;
}

/* The head in the client's framing. */
static struct str write_head(struct exchange *x, const struct reply *reply,
    struct framing framing)
{
	struct h1_reply_options options = {.framing = framing,
	    .connection = connection_for(x)};
	struct out out = exchange_out(x, reply->head_len + HEAD_EXTRA);

	if (reply->head.status == 101)
		options.connection = H1_UPGRADE;
	h1_write_reply(&out, &reply->head, &options);
	return out_ok(&out) ? out_text(&out) : STR_NONE;
}

/* All the rest at once, past us, if that is possible: see source.h. */
static int pass(struct exchange *x, struct source *s,
    enum framing_kind framing, struct pace *pace)
{
	uint64_t moved = 0;
	int done;

	if (s->pass == NULL || framing != FRAMING_LENGTH)
		return 0;
	done = s->pass(s, &x->client->conn, pace, &moved);
	x->body_sent += moved;
	count_add(COUNT_bytes_out, (int64_t)moved);
	return done;
}

/* The source's pieces, the first of them with the HEAD if it is there now. */
static int send_body(struct exchange *x, struct str head, struct source *s,
    enum framing_kind framing)
{
	struct pace pace = pace_begin();
	bool last = false;

	while (!last) {
		struct str piece = STR_NONE;
		int passed = 0;
		int got = 1;

		if (x->head_sent)
			passed = pass(x, s, framing, &pace);
		if (passed != 0)
			return passed > 0 ? 0 : -1;
		if (x->head_sent || s->is_ready(s))
			got = s->pull(s, &piece);
		if (got < 0)
			return -1;
		last = got == 0 || s->ended;
		if (send_piece(x, head, piece, framing, last, &pace) < 0)
			return -1;
		x->head_sent = true;
		head = STR_NONE;
	}
	return 0;
}

/* A body that ends with the connection must not seem whole when it is not. */
static void break_off(struct exchange *x, enum framing_kind framing)
{
	x->must_close = true;
	x->must_reset = framing == FRAMING_CLOSE;
	if (x->must_reset)
		conn_set_reset(&x->client->conn);
}

/* An exchange that was cancelled can say so, if that takes only a moment. */
static void send_ours(struct exchange *x, struct str ours)
{
	struct pace pace = pace_begin();
	struct iovec iov = part(ours);

	if (ours.n == 0) {
		x->must_close = true;
		return;
	}
	x->head_sent = true;
	if (x->end != END_stopped) {
		(void)write_out(x, &iov, 1, &pace);
		return;
	}
	pace.left = LAST_WORD_PATIENCE;
	fiber_shield();
	(void)write_out(x, &iov, 1, &pace);
	fiber_unshield();
}

static void send_source(struct exchange *x, struct reply *reply)
{
	struct framing framing =
	    body_frame_onward(reply->head.framing, x->request.minor);
	struct str head;

	if (reply->head.status == 101)
		framing = (struct framing){.kind = FRAMING_NONE};
	x->must_close |= framing.kind == FRAMING_CLOSE || !x->body.done;
	x->status = reply->head.status;
	head = write_head(x, reply, framing);
	if (head.n == 0)
		exchange_fail(x, END_overloaded);
	else if (send_body(x, head, reply->source, framing.kind) < 0 &&
	    x->head_sent)
		break_off(x, framing.kind);
}

void reply_send(struct exchange *x, struct reply *reply)
{
	x->must_close |= clients_draining();
	if (reply->source != NULL) {
		send_source(x, reply);
		reply->source->close(reply->source);
		if (x->end != END_NONE && !x->head_sent)
			reply_error(x, reply);
	}
	if (x->end != END_NONE && !x->head_sent)
		send_ours(x, reply->ours);
	if (x->end == END_NONE)
		x->end = END_done;
}

int reply_send_interim(struct exchange *x, const struct message *head,
    size_t head_len)
{
	struct h1_reply_options options = {.connection = H1_PERSIST};
	struct out out = exchange_out(x, head_len + HEAD_EXTRA);
	struct pace pace = pace_begin();
	struct iovec iov;

	if (x->request.minor == 0)
		return 0;
	h1_write_reply(&out, head, &options);
	if (!out_ok(&out)) {
		exchange_fail(x, END_overloaded);
		return -1;
	}
	iov = part(out_text(&out));
	return write_out(x, &iov, 1, &pace);
}
