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
#include "worker/proxy/errand.h"
#include "worker/proxy/error_page.h"
#include "worker/proxy/headers.h"
#include "worker/proxy/hide.h"
#include "worker/proxy/reply_stream.h"

#define HEAD_EXTRA 256 /* what we add to a head, at most */
#define OURS_MOST 512  /* of a head of ours, but for what varies */
#define LAST_WORD_PATIENCE USEC_PER_SEC

enum h1_connection reply_connection(const struct exchange *x)
{
	if (x->stream != NULL)
		return H1_PERSIST;
	if (x->must_close || clients_draining())
		return H1_CLOSE;
	return x->request.minor == 0 ? H1_KEEP_ALIVE : H1_PERSIST;
}

void reply_add(struct reply *reply, struct str name, struct str value)
{
	INSIST(reply->extra_count < REPLY_EXTRA_MAX);
	reply->extra[reply->extra_count++] = (struct h1_field){name, value};
	reply->head_len += name.n + value.n + sizeof(": \r\n");
}

/* ---- sending ---- */

static int write_out(struct exchange *x, struct iovec *iov, int n,
    struct pace *pace)
{
	size_t bytes = 0;
	int err;

	for (int i = 0; i < n; i++)
		bytes += iov[i].iov_len;
	err = conn_write(&x->client->conn, iov, n, pace);
	if (err < 0) {
		exchange_fail_client(x, err, exchange_end_of_stall(pace));
		return -1;
	}
	count_add(COUNT_bytes_out, (int64_t)bytes);
	return 0;
}

static struct iovec part(struct str s)
{
	return (struct iovec){(void *)s.p, s.n};
}

/* What a body of S in FRAMING ends with, perhaps nothing.  0 or -1. */
static int write_end(struct exchange *x, const struct source *s,
    enum framing_kind framing, struct str *end_r)
{
	struct out out;

	if (framing != FRAMING_CHUNKED || x->stream != NULL)
		return 0;
	*end_r = STR(BODY_LAST_CHUNK);
	if (s->trailers == NULL)
		return 0;
	out = exchange_out(x, H1_TRAILERS_MAX);
	h1_write_trailers(&out, s->trailers);
	if (!out_ok(&out)) {
		exchange_fail(x, END_overloaded);
		return -1;
	}
	*end_r = out_text(&out);
	return 0;
}

/* Sends P, the piece in FRAMING. */
static int send_parcel(struct exchange *x, const struct parcel *p,
    enum framing_kind framing, struct pace *pace)
{
	char size[BODY_CHUNK_HEAD];
	struct iovec iov[5];
	struct str piece = p->piece;
	bool chunk = framing == FRAMING_CHUNKED && piece.n > 0;
	int n = 0;

	x->body_sent += piece.n;
	if (x->stream != NULL)
		return reply_stream_send(x, p, pace);
	if (p->head.n > 0)
		iov[n++] = part(p->head);
	if (chunk)
		iov[n++] = (struct iovec){size, body_chunk_head(size, piece.n)};
	if (piece.n > 0)
		iov[n++] = part(piece);
	if (chunk)
		iov[n++] = part(STR(BODY_CHUNK_TAIL));
	if (p->end.n > 0)
		iov[n++] = part(p->end);
	return n > 0 ? write_out(x, iov, n, pace) : 0;
}

/* The head in the client's framing: false, there is no room for it. */
static bool write_head(struct exchange *x, const struct reply *reply,
    struct framing framing, struct str *head_r)
{
	struct h1_reply_options options = {.framing = framing,
	    .connection = reply_connection(x),
	    .lines = reply->lines,
	    .extra_count = reply->extra_count,
	    .extra = reply->extra};
	struct out out = exchange_out(x,
	    reply->head_len + reply->lines.n + HEAD_EXTRA);

	if (reply->head.status == 101)
		options.connection = H1_UPGRADE;
	h1_write_reply(&out, &reply->head, &options);
	*head_r = out_text(&out);
	return out_ok(&out);
}

/* All the rest at once, past us, if that is possible: see source.h. */
static int pass(struct exchange *x, struct source *s,
    enum framing_kind framing, struct pace *pace)
{
	uint64_t moved = 0;
	int done;

	if (s->pass == NULL || framing != FRAMING_LENGTH || x->stream != NULL)
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
	struct pace pace = pace_begin(x->scope->limits.min_rate);
	bool last = false;

	while (!last) {
		struct parcel parcel = {.head = x->head_sent ? STR_NONE : head};
		int passed = 0;
		int got = 1;

		if (x->head_sent)
			passed = pass(x, s, framing, &pace);
		if (passed != 0)
			return passed > 0 ? 0 : -1;
		if (x->head_sent || s->is_ready(s))
			got = s->pull(s, &parcel.piece);
		if (got < 0)
			return -1;
		last = got == 0 || s->ended;
		parcel.last = last;
		parcel.trailers = last ? s->trailers : NULL;
		if (last && write_end(x, s, framing, &parcel.end) < 0)
			return -1;
		if (send_parcel(x, &parcel, framing, &pace) < 0)
			return -1;
		x->head_sent = true;
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

/* ---- replies of ours ---- */

static size_t room_for(const struct h1_simple *s)
{
	size_t n = OURS_MOST + s->type.n + s->lines.n;

	for (unsigned i = 0; i < s->extra_count; i++)
		n += s->extra[i].name.n + s->extra[i].value.n +
		    sizeof(": \r\n");
	return n;
}

/* 0, or -1: it went wrong, or there is no room for its head. */
static int write_ours(struct exchange *x, const struct reply *reply,
    struct pace *pace)
{
	struct iovec iov[1 + CONF_PAGE_PIECES_MAX];
	struct out out;
	int n = 1;

	if (x->stream != NULL)
		return reply_stream_ours(x, reply, pace);
	out = exchange_out(x, room_for(&reply->ours));
	h1_simple_reply(&out, &reply->ours);
	INSIST(out_ok(&out) || out.cap == 0);
	if (!out_ok(&out)) {
		x->must_close = true;
		return -1;
	}
	iov[0] = part(out_text(&out));
	for (unsigned i = 0; i < reply->body_count; i++)
		iov[n++] = part(reply->body[i]);
	return write_out(x, iov, n, pace);
}

/* An exchange that was cancelled can say so, if that takes only a moment. */
static void send_ours(struct exchange *x, const struct reply *reply)
{
	struct pace pace = pace_begin(x->scope->limits.min_rate);

	if (!reply->is_ours) {
		x->must_close = true;
		return;
	}
	INSIST(reply->body_count <= CONF_PAGE_PIECES_MAX);
	for (unsigned i = 0; i < reply->body_count; i++)
		x->body_sent += reply->body[i].n;
	x->head_sent = true;
	if (!fiber_is_cancelled()) {
		(void)write_ours(x, reply, &pace);
		return;
	}
	pace.left = LAST_WORD_PATIENCE;
	fiber_shield();
	(void)write_ours(x, reply, &pace);
	fiber_unshield();
}

/* ---- an origin's ---- */

static void send_source(struct exchange *x, struct reply *reply)
{
	struct framing framing =
	    body_frame_onward(reply->head.framing, x->request.minor);
	struct str head = STR_NONE;

	if (reply->head.status == 101)
		framing = (struct framing){.kind = FRAMING_NONE};
	x->must_close |= framing.kind == FRAMING_CLOSE || !x->body.done;
	x->status = reply->head.status;
	if (x->stream != NULL ? !reply_stream_head(x, reply, &framing)
			      : !write_head(x, reply, framing, &head))
		exchange_fail(x, END_overloaded);
	else if (send_body(x, head, reply->source, framing.kind) < 0 &&
	    x->head_sent)
		break_off(x, framing.kind);
}

void reply_send(struct exchange *x, struct reply *reply)
{
	x->must_close |= clients_draining();
	if (reply->source != NULL) {
		if (x->end == END_NONE)
			send_source(x, reply);
		reply->source->close(reply->source);
		if (x->end != END_NONE && !x->head_sent)
			error_page(x, reply);
	}
	if (!x->head_sent)
		send_ours(x, reply);
	if (reply->replaced != NULL)
		reply->replaced->close(reply->replaced);
	if (x->end == END_NONE)
		x->end = END_done;
}

int reply_send_interim(struct exchange *x, struct message *head,
    size_t head_len)
{
	struct h1_reply_options options = {.connection = H1_PERSIST};
	struct pace pace = pace_begin(x->scope->limits.min_rate);
	struct iovec iov;
	struct out out;

	if (x->unattended)
		errand_tell_interim(x, head, head_len);
	if (x->request.minor == 0 || x->unattended)
		return 0;
	if (!hide_interim(x, head, &head_len))
		return -1;
	headers_hide(x, head);
	x->interim_sent = true;
	if (x->stream != NULL)
		return reply_stream_interim(x, head, head_len);
	out = exchange_out(x, head_len + HEAD_EXTRA);
	h1_write_reply(&out, head, &options);
	if (!out_ok(&out)) {
		exchange_fail(x, END_overloaded);
		return -1;
	}
	iov = part(out_text(&out));
	return write_out(x, &iov, 1, &pace);
}

int reply_send_continue(struct exchange *x)
{
	struct pace pace = pace_begin(x->scope->limits.min_rate);
	struct iovec iov = part(STR(H1_CONTINUE));

	if (x->stream != NULL)
		return reply_stream_continue(x);
	return write_out(x, &iov, 1, &pace);
}
