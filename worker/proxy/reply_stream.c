/*
 * reply_stream.c - a reply on a stream of HTTP/2.
 *
 * Runs on the exchange's fiber.  Heads become lists of names and values in the
 * exchange's arena; the body's pieces are published where they lie, and the
 * session copies them into its output.  A stream that is left before its end is
 * reset when the exchange is closed: h2_release.
 */
#include "worker/proxy/reply_stream.h"

#include <errno.h>

#include "common/base/insist.h"
#include "worker/http/date.h"
#include "worker/http/h2.h"
#include "worker/http/websocket.h"

#define FIELDS_OF_OURS 4 /* status, date, type, length */
#define NAMES_OF_OURS 64

static struct h2_fields *make(struct exchange *x, unsigned count, size_t names)
{
	struct h2_fields *f = ARENA_NEW(&x->arena, struct h2_fields);

	if (f != NULL)
		*f = h2_fields_make(&x->arena, count, names);
	return f;
}

static void add_extra(struct h2_fields *f, const struct h1_field *extra,
    unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		h2_fields_add(f, extra[i].name, extra[i].value);
}

/* A 101 is a 200 here (RFC 8441, 5). */
bool reply_stream_head(struct exchange *x, struct reply *reply,
    const struct framing *framing)
{
	bool is_switch = reply->head.status == 101;
	unsigned count = FIELDS_OF_OURS + reply->head.field_count +
	    reply->extra_count + h2_fields_in(reply->lines);
	struct h2_fields *f =
	    make(x, count, reply->head_len + reply->lines.n);

	if (f == NULL)
		return false;
	if (is_switch)
		websocket_drop(&reply->head);
	h2_fields_add_status(f, is_switch ? 200 : reply->head.status);
	h2_fields_add_kept(f, &reply->head);
	h2_fields_add_length(f, framing);
	h2_fields_add_lines(f, reply->lines);
	add_extra(f, reply->extra, reply->extra_count);
	x->head = f;
	return h2_fields_ok(f);
}

static int fail(struct exchange *x, int err, const struct pace *pace)
{
	exchange_fail_client(x, err, exchange_end_of_stall(pace));
	return -1;
}

/* The head F, if it is still to be sent; LAST: it is all. */
static int send_head(struct exchange *x, const struct h2_fields *f, bool last)
{
	if (f == NULL)
		return 0;
	return h2_write_head(x->stream, f, last ? H2_HEAD_LAST : H2_HEAD);
}

static int send_trailers(struct exchange *x, const struct message *m,
    struct pace *pace)
{
	struct h2_fields *f = make(x, m->field_count, BODY_TRAILER_MAX);

	if (f == NULL)
		return -ENOMEM;
	h2_fields_add_kept(f, m);
	if (!h2_fields_ok(f))
		return -ENOMEM;
	return h2_write_trailers(x->stream, f, pace);
}

int reply_stream_send(struct exchange *x, const struct parcel *p,
    struct pace *pace)
{
	bool last =
	    p->last && p->trailers == NULL && x->request.upgrade.n == 0;
	bool head_only = last && p->piece.n == 0 && x->head != NULL;
	int err = send_head(x, x->head, head_only);

	if (err == 0 && !head_only)
		err = h2_write(x->stream, &p->piece, p->piece.n > 0, last,
		    pace);
	if (err == 0 && p->trailers != NULL)
		err = send_trailers(x, p->trailers, pace);
	x->head = NULL;
	return err < 0 ? fail(x, err, pace) : 0;
}

/* ---- replies of ours ---- */

static struct h2_fields *make_ours(struct exchange *x,
    const struct h1_simple *s)
{
	unsigned count = FIELDS_OF_OURS + s->extra_count +
	    h2_fields_in(s->lines);
	struct framing framing = {FRAMING_LENGTH, false, s->more + s->text.n};
	bool bodiless = s->status == 204 || s->status == 304;
	size_t names = s->lines.n + NAMES_OF_OURS;
	struct h2_fields *f;

	for (unsigned i = 0; i < s->extra_count; i++)
		names += s->extra[i].name.n;
	f = make(x, count, names);
	if (f == NULL)
		return NULL;
	h2_fields_add_status(f, s->status);
	h2_fields_add(f, STR("date"), date_now(s->wall));
	if (!bodiless && s->type.p == NULL)
		h2_fields_add(f, STR("content-type"), STR(H1_PLAIN_TEXT));
	else if (!bodiless && s->type.n > 0)
		h2_fields_add(f, STR("content-type"), s->type);
	if (!bodiless)
		h2_fields_add_length(f, &framing);
	h2_fields_add_lines(f, s->lines);
	add_extra(f, s->extra, s->extra_count);
	return h2_fields_ok(f) ? f : NULL;
}

/* What HTTP/2 itself calls malformed is reset, and not answered. */
int reply_stream_ours(struct exchange *x, const struct reply *reply,
    struct pace *pace)
{
	struct h2_fields *f = NULL;
	bool last = reply->body_count == 0;
	int err;

	if (x->must_reset) {
		x->status = 0;
		x->body_sent = 0;
		h2_reset(x->stream, H2_PROTOCOL_ERROR);
		return -1;
	}
	INSIST(reply->ours.text.n == 0);
	f = make_ours(x, &reply->ours);
	if (f == NULL)
		return -1;
	err = send_head(x, f, last);
	if (err == 0 && !last)
		err = h2_write(x->stream, reply->body, reply->body_count, true,
		    pace);
	return err < 0 ? fail(x, err, pace) : 0;
}

/* ---- interim replies ---- */

static int send_interim(struct exchange *x, struct h2_fields *f)
{
	int err = h2_fields_ok(f)
	    ? h2_write_head(x->stream, f, H2_HEAD_INTERIM)
	    : -ENOMEM;

	if (err < 0)
		exchange_fail_client(x, err, END_client_deadline);
	return err < 0 ? -1 : 0;
}

int reply_stream_interim(struct exchange *x, const struct message *head,
    size_t head_len)
{
	struct h2_fields f =
	    h2_fields_make(&x->arena, 1 + head->field_count, head_len);

	h2_fields_add_status(&f, head->status);
	h2_fields_add_kept(&f, head);
	return send_interim(x, &f);
}

int reply_stream_continue(struct exchange *x)
{
	struct h2_fields f = h2_fields_make(&x->arena, 1, 0);

	h2_fields_add_status(&f, 100);
	return send_interim(x, &f);
}
