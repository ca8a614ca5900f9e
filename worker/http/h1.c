/*
 * h1.c - HTTP/1 heads onto the wire, from the canonical message.
 *
 * Runs in workers, once for each head that leaves.  RFC 9112, 3, 4 and 6.
 * Fields are written one behind the other as "Name: value" CR LF.  Most of
 * them came in exactly so, next to each other: a run of such lines is copied
 * at once, where comparing shows that writing it out field by field would give
 * the same bytes.
 *
 * Invariant: nothing that frames a message is ever copied; Content-Length,
 * Transfer-Encoding, Connection and Host are written from what was decided.
 */
#include "worker/http/h1.h"

#include "common/base/insist.h"
#include "worker/http/date.h"
#include "worker/http/scan.h"

void h1_write_line(struct out *o, struct str name, struct str value)
{
	out_bytes(o, name.p, name.n);
	out_lit(o, ": ");
	out_str(o, value);
	out_lit(o, "\r\n");
}

/* ---- fields that are kept ---- */

/* Is F in memory as it is to be written, but for its line end? */
static bool is_written(const struct field *f)
{
	const char *colon = f->name + f->name_len;

	return f->value == colon + 2 && colon[0] == ':' && colon[1] == ' ';
}

/* Does B lie behind A, with nothing but a line end between? */
static bool is_next(const struct field *a, const struct field *b)
{
	const char *end = a->value + a->value_len;

	return b->name == end + 2 && end[0] == '\r' && end[1] == '\n';
}

/* The first field behind F that can't be written together with it. */
static const struct field *run_end(const struct field *f,
    const struct field *end)
{
	if (!is_written(f))
		return f + 1;
	while (f + 1 < end && !f[1].drop && is_next(f, f + 1) &&
	    is_written(f + 1))
		f++;
	return f + 1;
}

static void write_kept(struct out *o, const struct message *m)
{
	const struct field *f = m->fields;
	const struct field *end = f + m->field_count;

	while (f < end) {
		const struct field *run = f;
		const struct field *last;

		if (f->drop) {
			f++;
			continue;
		}
		f = run_end(run, end);
		last = f - 1;
		if (last == run && !is_written(run)) {
			h1_write_line(o, field_name(run), field_value(run));
			continue;
		}
		out_bytes(o, run->name,
		    (size_t)(last->value + last->value_len - run->name));
		out_lit(o, "\r\n");
	}
}

/* ---- fields of our own ---- */

static void write_extra(struct out *o, const struct h1_field *extra,
    unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct str name = extra[i].name;
		struct str value = extra[i].value;
		const char *name_end = name.p + name.n;
		const char *value_end = value.p + value.n;

		INSIST(name.n > 0 && scan_token(name.p, name_end) == name_end);
		INSIST(scan_value(value.p, value_end) == value_end);
		h1_write_line(o, name, value);
	}
}

static void write_framing(struct out *o, const struct framing *framing)
{
	if (framing->kind == FRAMING_CHUNKED)
		out_lit(o, "Transfer-Encoding: chunked\r\n");
	if (framing->kind != FRAMING_LENGTH && !framing->length_said)
		return;
	out_lit(o, "Content-Length: ");
	out_u64(o, framing->length);
	out_lit(o, "\r\n");
}

static void write_connection(struct out *o, enum h1_connection connection,
    struct str upgrade)
{
	switch (connection) {
	case H1_PERSIST:
		return;
	case H1_KEEP_ALIVE:
		out_lit(o, "Connection: keep-alive\r\n");
		return;
	case H1_CLOSE:
		out_lit(o, "Connection: close\r\n");
		return;
	case H1_UPGRADE:
		INSIST(upgrade.n > 0);
		out_lit(o, "Connection: upgrade\r\n");
		h1_write_line(o, STR("Upgrade"), upgrade);
		return;
	}
}

/* ---- heads ---- */

static void write_request_line(struct out *o, const struct message *m,
    struct str prefix)
{
	INSIST(m->method_text.n > 0 && m->forward.n > 0);
	out_str(o, m->method_text);
	out_char(o, ' ');
	if (m->forward.p[0] == '/')
		out_str(o, prefix);
	out_str(o, m->forward);
	if (m->query.p != NULL) {
		out_char(o, '?');
		out_str(o, m->query);
	}
	out_lit(o, " HTTP/1.1\r\n");
}

void h1_write_request(struct out *o, const struct message *m,
    const struct h1_request_options *options)
{
	struct str host =
	    options->host.p != NULL ? options->host : m->authority;

	INSIST(m->framing.kind != FRAMING_CLOSE);
	INSIST(options->connection != H1_KEEP_ALIVE);
	write_request_line(o, m, options->prefix);
	INSIST(options->lines.n == 0 ||
	    options->lines.p[options->lines.n - 1] == '\n');
	h1_write_line(o, STR("Host"), host);
	write_kept(o, m);
	out_str(o, options->lines);
	write_framing(o, &m->framing);
	write_connection(o, options->connection, m->upgrade);
	if (m->takes_trailers && options->connection == H1_PERSIST)
		out_lit(o, "Connection: TE\r\nTE: trailers\r\n");
	write_extra(o, options->extra, options->extra_count);
	out_lit(o, "\r\n");
}

void h1_write_trailers(struct out *o, const struct message *m)
{
	out_lit(o, "0\r\n");
	write_kept(o, m);
	out_lit(o, "\r\n");
}

static void write_status_line(struct out *o, unsigned status,
    struct str reason)
{
	INSIST(status >= 100 && status <= 999);
	out_lit(o, "HTTP/1.1 ");
	out_u64(o, status);
	out_char(o, ' ');
	out_str(o, reason);
	out_lit(o, "\r\n");
}

void h1_write_reply(struct out *o, const struct message *m,
    const struct h1_reply_options *options)
{
	write_status_line(o, m->status,
	    m->is_h2 ? h1_reason(m->status) : m->reason);
	write_kept(o, m);
	write_framing(o, &options->framing);
	write_connection(o, options->connection, m->upgrade);
	out_str(o, options->lines);
	write_extra(o, options->extra, options->extra_count);
	out_lit(o, "\r\n");
}

/* ---- replies of our own ---- */

struct str h1_reason(unsigned status)
{
	switch (status) {
#define REASON(number, phrase, words)                                          \
	case number:                                                           \
		return STR(phrase);
#include "worker/http/reasons.h"
#undef REASON
	default:
		return STR("");
	}
}

void h1_simple_reply(struct out *o, const struct h1_simple *reply)
{
	struct str type =
	    reply->type.p != NULL ? reply->type : STR(H1_PLAIN_TEXT);
	struct framing framing = {FRAMING_LENGTH, false,
	    reply->text.n + reply->more};
	bool bodiless = reply->status == 204 || reply->status == 304;

	INSIST(!bodiless || framing.length == 0);
	write_status_line(o, reply->status, h1_reason(reply->status));
	h1_write_line(o, STR("Date"), date_now(reply->wall));
	if (!bodiless && type.n > 0)
		h1_write_line(o, STR("Content-Type"), type);
	if (!bodiless)
		write_framing(o, &framing);
	write_connection(o, reply->connection, STR_NONE);
	out_str(o, reply->lines);
	write_extra(o, reply->extra, reply->extra_count);
	out_lit(o, "\r\n");
	if (!reply->to_head)
		out_str(o, reply->text);
}
