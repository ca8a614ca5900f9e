/*
 * h2_fields.c - what a head of HTTP/2 is to say.
 *
 * Runs in workers, once for each head that leaves, of whatever wire it came.
 * RFC 9113, 8.2: names in lower case, nothing of a connection in HTTP/1.  Who
 * came in HTTP/2 has such names already, which are not copied.
 */
#include "worker/http/h2_fields.h"

#include <stdalign.h>

#include "common/base/insist.h"
#include "worker/http/field.h"
#include "worker/http/scan.h"

#define DIGITS (20 + 3) /* of a length and a status */

struct h2_fields h2_fields_make(struct arena *a, unsigned count, size_t bytes)
{
	struct h2_fields f = {.cap = count};
	char *text = arena_alloc(a, bytes + DIGITS);

	f.nv = arena_alloc(a, count * sizeof(*f.nv));
	f.full = f.nv == NULL || text == NULL;
	f.names = out_make(text, f.full ? 0 : bytes + DIGITS);
	return f;
}

/* NAME as it is to be sent. */
static struct str lower(struct h2_fields *f, struct str name)
{
	char *copy = f->names.p + f->names.n;
	size_t i = 0;

	while (i < name.n && name.p[i] == char_lower(name.p[i]))
		i++;
	if (i == name.n)
		return name;
	out_str(&f->names, name);
	if (!out_ok(&f->names))
		return STR("");
	for (; i < name.n; i++)
		copy[i] = char_lower(copy[i]);
	return str_make(copy, name.n);
}

static void append(struct h2_fields *f, struct str name, struct str value)
{
	if (f->full || f->count == f->cap) {
		f->full = true;
		return;
	}
	f->nv[f->count++] = (nghttp2_nv){
	    .name = (uint8_t *)name.p,
	    .namelen = name.n,
	    .value = (uint8_t *)value.p,
	    .valuelen = value.n};
}

void h2_fields_add(struct h2_fields *f, struct str name, struct str value)
{
	INSIST(name.n > 0);
	INSIST(scan_value(value.p, value.p + value.n) == value.p + value.n);
	append(f, lower(f, name), value);
}

void h2_fields_add_kept(struct h2_fields *f, const struct message *m)
{
	for (unsigned i = 0; i < m->field_count; i++) {
		const struct field *at = &m->fields[i];

		if (!at->drop)
			append(f, lower(f, field_name(at)), field_value(at));
	}
}

/* One of those that mean nothing here. */
static bool is_of_http1(struct str name)
{
	switch (field_identify(name)) {
	case FIELD_connection:
	case FIELD_keep_alive:
	case FIELD_proxy_connection:
	case FIELD_transfer_encoding:
	case FIELD_upgrade:
	case FIELD_http2_settings:
		return true;
	default:
		return false;
	}
}

void h2_fields_add_lines(struct h2_fields *f, struct str lines)
{
	struct str line;

	while (str_next_part(&lines, '\n', &line) && line.n > 0) {
		struct str value = line;
		struct str name = STR("");

		INSIST(line.p[line.n - 1] == '\r');
		value.n--;
		(void)str_next_part(&value, ':', &name);
		if (!is_of_http1(name))
			h2_fields_add(f, name, str_trim(value));
	}
}

static void append_number(struct h2_fields *f, struct str name, uint64_t value)
{
	size_t at = f->names.n;

	out_u64(&f->names, value);
	if (out_ok(&f->names))
		append(f, name, str_make(f->names.p + at, f->names.n - at));
}

void h2_fields_add_status(struct h2_fields *f, unsigned status)
{
	INSIST(status >= 100 && status <= 999);
	append_number(f, STR(":status"), status);
}

void h2_fields_add_length(struct h2_fields *f, const struct framing *framing)
{
	if (framing->kind == FRAMING_LENGTH || framing->length_said)
		append_number(f, STR("content-length"), framing->length);
}

unsigned h2_fields_in(struct str lines)
{
	return lines.n == 0 ? 0 : (unsigned)scan_count(lines.p, lines.n, '\n');
}

static uint8_t *copy_text(struct out *room, const uint8_t *p, size_t n)
{
	uint8_t *to = (uint8_t *)room->p + room->n;

	out_bytes(room, (const char *)p, n);
	return to;
}

bool h2_fields_copy(const struct h2_fields *f, struct out *room,
    struct h2_fields *to)
{
	uintptr_t at = (uintptr_t)(room->p + room->n);
	size_t gap = -at % alignof(nghttp2_nv);
	size_t size = f->count * sizeof(*f->nv);

	if (gap + size > room->cap - room->n)
		return false;
	*to = (struct h2_fields){.nv = (nghttp2_nv *)(at + gap),
	    .count = f->count};
	room->n += gap;
	out_bytes(room, (const char *)f->nv, size);
	for (unsigned i = 0; i < f->count; i++) {
		nghttp2_nv *nv = &to->nv[i];

		nv->name = copy_text(room, nv->name, nv->namelen);
		nv->value = copy_text(room, nv->value, nv->valuelen);
	}
	return out_ok(room);
}
