/*
 * headers.c - the fields that the operator sets, adds and removes.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  A value that
 * comes out empty, or holds what no field may hold, makes no field.
 */
#include "worker/proxy/headers.h"

#include "worker/http/h1.h"
#include "worker/http/scan.h"
#include "worker/proxy/expand.h"

static void drop(struct message *m, struct str name)
{
	for (unsigned i = 0; i < m->field_count; i++)
		if (str_eq_nocase(field_name(&m->fields[i]), name))
			m->fields[i].drop = true;
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

/* A field line for each value, behind LINES.  False after exchange_fail. */
static bool put_in(struct exchange *x, const struct conf_fields *fields,
    struct str *lines)
{
	struct h1_field *ready = ARENA_ARRAY(&x->arena, struct h1_field,
	    fields->count);
	size_t n = lines->n;
	struct out o;

	if (ready == NULL)
		goto overloaded;
	for (unsigned i = 0; i < fields->count; i++) {
		const struct conf_field *f = &fields->at[i];

		if (f->removed)
			continue;
		ready[i].name = f->name;
		ready[i].value = expand(x, &f->value, NULL, CONF_FILL_TEXT);
		if (ready[i].value.p == NULL)
			return false;
		n += f->name.n + ready[i].value.n + sizeof(": \r\n") - 1;
	}
	o = exchange_out(x, n);
	out_str(&o, *lines);
	for (unsigned i = 0; i < fields->count; i++)
		if (may_be_sent(ready[i].value))
			h1_write_line(&o, ready[i].name, ready[i].value);
	if (!out_ok(&o))
		goto overloaded;
	*lines = out_text(&o);
	return true;
overloaded:
	exchange_fail(x, END_overloaded);
	return false;
}

bool headers_for_origin(struct exchange *x, struct str *lines)
{
	const struct conf_fields *fields = &x->scope->request_fields;

	if (fields->count == 0)
		return true;
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->at[i].added)
			continue;
		drop(&x->request, fields->at[i].name);
		take_out(lines, fields->at[i].name);
	}
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

bool headers_for_client(struct exchange *x, struct message *head,
    struct str *lines_r)
{
	const struct conf_fields *fields = &x->scope->response_fields;

	*lines_r = STR("");
	if (fields->count == 0)
		return true;
	for (unsigned i = 0; head != NULL && i < fields->count; i++)
		if (!fields->at[i].added)
			drop(head, fields->at[i].name);
	return put_in(x, fields, lines_r);
}
