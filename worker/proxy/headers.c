/*
 * headers.c - the fields that the operator sets, adds and removes.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  A value that
 * comes out empty, or holds what no field may hold, makes no field.
 *
 * Values are written where they are sent from.  How much room they take nobody
 * knows before; if it was too little all is written again, into more.
 */
#include "worker/proxy/headers.h"

#include "worker/http/field.h"
#include "worker/http/scan.h"
#include "worker/proxy/expand.h"

#define LINE_USUAL 128 /* bytes, or less */

static void drop(struct message *m, struct str name,
    bool (*is)(struct str received, struct str name))
{
	for (unsigned i = 0; i < m->field_count; i++)
		if (is(field_name(&m->fields[i]), name))
			m->fields[i].drop = true;
}

static bool reads_as(struct str received, struct str name)
{
	return received.n == name.n &&
	    field_reads_as(received.p, name.p, name.n);
}

static bool is_line_of(struct str line, struct str name)
{
	return line.n > name.n && line.p[name.n] == ':' &&
	    str_eq_nocase(str_make(line.p, name.n), name);
}

/* LINES without those of NAME. */
static void take_out(struct str *lines, struct str name)
{
	char *p = (char *)lines->p;
	char *end = p + lines->n;
	char *to = p;

	while (p < end) {
		char *next = (char *)memchr(p, '\n', (size_t)(end - p)) + 1;
		size_t n = (size_t)(next - p);

		if (!is_line_of(str_make(p, n), name)) {
			memmove(to, p, n);
			to += n;
		}
		p = next;
	}
	lines->n = (size_t)(to - lines->p);
}

static bool may_be_sent(struct str value)
{
	const char *end = value.p + value.n;

	return value.n > 0 && scan_value(value.p, end) == end;
}

/* The line of F behind those of O.  False: it is too long. */
static bool write_line(const struct exchange *x, const struct conf_field *f,
    struct out *o)
{
	size_t start = o->n;
	struct str value;

	out_str(o, f->name);
	out_lit(o, ": ");
	value = str_make(o->p + o->n, 0);
	expand_text(x, &f->value, o);
	if (!out_ok(o))
		return true;
	value.n = (size_t)(o->p + o->n - value.p);
	if (may_be_sent(value))
		out_lit(o, "\r\n");
	else
		o->n = start;
	return value.n <= EXPAND_MAX;
}

/* LINES and those of FIELDS, into O.  False: one of them is too long. */
static bool write_lines(const struct exchange *x,
    const struct conf_fields *fields, struct str lines, struct out *o)
{
	out_str(o, lines);
	for (unsigned i = 0; i < fields->count; i++)
		if (!fields->at[i].removed &&
		    !write_line(x, &fields->at[i], o))
			return false;
	return true;
}

/* A field line for each value, behind LINES.  False after exchange_fail. */
static bool put_in(struct exchange *x, const struct conf_fields *fields,
    struct str *lines)
{
	struct arena mark = x->arena;
	size_t room = lines->n + fields->count * LINE_USUAL;
	enum end why = END_NONE;

	for (; why == END_NONE; room *= 2) {
		struct out o = exchange_out(x, room);

		if (o.cap == 0) {
			why = END_overloaded;
		} else if (!write_lines(x, fields, *lines, &o)) {
			why = END_template_long;
		} else if (out_ok(&o)) {
			arena_trim(&x->arena, o.p, o.n);
			*lines = out_text(&o);
			return true;
		}
		arena_rewind(&x->arena, &mark);
	}
	exchange_fail(x, why);
	return false;
}

void headers_hide_from_origin(struct exchange *x)
{
	const struct conf_fields *fields = &x->scope->request_fields;

	for (unsigned i = 0; i < fields->count; i++)
		if (!fields->at[i].added)
			drop(&x->request, fields->at[i].name, reads_as);
}

bool headers_for_origin(struct exchange *x, struct str *lines)
{
	const struct conf_fields *fields = &x->scope->request_fields;

	if (fields->count == 0)
		return true;
	headers_hide_from_origin(x);
	for (unsigned i = 0; i < fields->count; i++)
		if (!fields->at[i].added)
			take_out(lines, fields->at[i].name);
	return put_in(x, fields, lines);
}

bool headers_leave(const struct exchange *x, struct str name)
{
	const struct conf_fields *fields = &x->scope->response_fields;

	for (unsigned i = 0; i < fields->count; i++)
		if (!fields->at[i].added &&
		    str_eq_nocase(fields->at[i].name, name))
			return false;
	return true;
}

void headers_hide(const struct exchange *x, struct message *m)
{
	const struct conf_fields *fields = &x->scope->response_fields;

	for (unsigned i = 0; i < fields->count; i++)
		if (!fields->at[i].added)
			drop(m, fields->at[i].name, str_eq_nocase);
}

/* RFC 6797: over TLS alone, and ours instead of an origin's. */
static bool wants_hsts(const struct exchange *x)
{
	return x->vhost != NULL && x->vhost->hsts.n > 0 &&
	    x->client->conn.tls != NULL &&
	    headers_leave(x, STR("Strict-Transport-Security"));
}

/* The lines that we write of our own accord.  False after exchange_fail. */
static bool begin_lines(struct exchange *x, struct message *head,
    struct str *lines_r)
{
	struct out o;

	*lines_r = x->cookies.n > 0 && headers_leave(x, STR("Set-Cookie"))
		       ? x->cookies
		       : STR("");
	if (!wants_hsts(x))
		return true;
	if (head != NULL)
		drop(head, STR("Strict-Transport-Security"), str_eq_nocase);
	if (lines_r->n == 0) {
		*lines_r = x->vhost->hsts;
		return true;
	}
	o = exchange_out(x, lines_r->n + x->vhost->hsts.n);
	out_str(&o, x->vhost->hsts);
	out_str(&o, *lines_r);
	*lines_r = out_text(&o);
	if (!out_ok(&o))
		exchange_fail(x, END_overloaded);
	return out_ok(&o);
}

bool headers_for_client(struct exchange *x, struct message *head,
    struct str *lines_r)
{
	const struct conf_fields *fields = &x->scope->response_fields;

	if (!begin_lines(x, head, lines_r))
		return false;
	if (fields->count == 0)
		return true;
	if (head != NULL)
		headers_hide(x, head);
	return put_in(x, fields, lines_r);
}
