/*
 * talk_h2.c - one request and its reply on a stream of HTTP/2.
 *
 * Runs in workers, on any fiber but the session's.
 */
#include <errno.h>

#include "common/base/insist.h"
#include "worker/http/talk.h"

#define INTERIMS_MAX 64 /* replies with 1xx before the final one */

/* By the deadline, however fast the peer is. */
static struct pace pace_of(const struct talk *t)
{
	return pace_begin((struct conf_rate){.bytes = UINT32_MAX,
	    .over = t->deadline - loop_now()});
}

/* A server may answer, and reset the stream, before it has read all. */
static int send_request(struct talk *t, struct h2_stream *st,
    const struct h2_fields *f)
{
	struct pace pace = pace_of(t);
	int err = h2_write_head(st, f,
	    t->body.n > 0 ? H2_HEAD : H2_HEAD_LAST);

	if (err == 0 && t->body.n > 0)
		err = h2_write(st, &t->body, 1, true, &pace);
	return err == -ECONNRESET ? 0 : err;
}

static int malformed(struct talk *t, enum fault fault)
{
	t->fault = fault;
	return -EPROTO;
}

static int read_final_head(struct talk *t, struct h2_stream *st,
    struct arena *a)
{
	for (int interims = 0; interims <= INTERIMS_MAX; interims++) {
		enum fault fault = FAULT_NONE;
		struct arena mark = *a;
		int err = h2_reply(st, t->deadline, t->method, a, &t->reply,
		    &fault);

		if (err < 0)
			return err;
		t->first_byte = loop_now();
		if (fault != FAULT_NONE)
			return malformed(t, fault);
		if (t->reply.status >= 200)
			return 0;
		t->reply.status = 0;
		arena_rewind(a, &mark);
	}
	return malformed(t, FAULT_interims);
}

static int read_body(struct talk *t, struct h2_stream *st)
{
	struct pace pace = pace_of(t);
	uint64_t total = 0;

	for (;;) {
		struct str piece;
		bool enough;
		int got = h2_read(st, &pace, &piece);

		if (got <= 0)
			return got;
		total += piece.n;
		if (total > t->body_max)
			return -EMSGSIZE;
		enough = t->take != NULL && !t->take(t->arg, piece);
		h2_consumed(st, piece.n);
		if (enough)
			return -ECANCELED;
	}
}

/* The text of M lies in its stream: from now on in A. */
static int keep_text(struct message *m, struct arena *a)
{
	for (unsigned i = 0; i < m->field_count; i++) {
		struct field *f = &m->fields[i];

		f->name = arena_strdup(a, field_name(f));
		f->value = arena_strdup(a, field_value(f));
		if (f->name == NULL || f->value == NULL) {
			m->field_count = 0;
			return -ENOMEM;
		}
	}
	return 0;
}

int talk_stream(struct talk *t, struct h2_stream *st,
    const struct h2_fields *f, struct arena *a)
{
	int err, kept;

	t->reply.status = 0;
	t->first_byte = 0;
	t->silent = t->reusable = false;
	err = send_request(t, st, f);
	if (err == 0)
		err = read_final_head(t, st, a);
	t->silent = err == -ECONNRESET && t->first_byte == 0;
	if (t->reply.status == 0)
		return err;
	if (err == 0)
		err = read_body(t, st);
	kept = keep_text(&t->reply, a);
	return err < 0 ? err : kept;
}
