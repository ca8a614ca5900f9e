/*
 * strict_chunks.c - the chunked coding, read strictly: RFC 9112, 7.1.
 *
 * By whole lines: a chunk's line is looked at only when its end is there, and
 * is refused before that when it holds what no line may hold.
 */
#include <stdlib.h>

#include "tests/torture/meant_names.h"

#define LINE_MAX 256 /* bytes of a size and its extensions */
#define TRAILERS_MAX 8192

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

static void skip_blanks(struct str *s)
{
	while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
		s->p++, s->n--;
}

static bool skip_char(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	s->p++, s->n--;
	return true;
}

static bool skip_token(struct str *s)
{
	size_t n = 0;

	while (n < s->n && strict_is_token(str_make(s->p + n, 1)))
		n++;
	*s = str_make(s->p + n, s->n - n);
	return n > 0;
}

static bool skip_quoted(struct str *s)
{
	while (s->n > 0 && s->p[0] != '"') {
		(void)skip_char(s, '\\');
		if (s->n > 0)
			s->p++, s->n--;
	}
	return skip_char(s, '"');
}

/* *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted ) ] ) */
static bool are_extensions(struct str s)
{
	while (s.n > 0) {
		skip_blanks(&s);
		if (!skip_char(&s, ';'))
			return false;
		skip_blanks(&s);
		if (!skip_token(&s))
			return false;
		while (s.n > 0 && s.p[0] != ';' && s.p[0] != '=') {
			struct str before = s;

			skip_blanks(&s);
			if (s.n == 0 || s.n == before.n)
				return false;
		}
		if (!skip_char(&s, '='))
			continue;
		skip_blanks(&s);
		if (skip_char(&s, '"') ? !skip_quoted(&s) : !skip_token(&s))
			return false;
	}
	return true;
}

static bool read_size_line(struct str line, uint64_t *size_r)
{
	size_t digits = 0;
	char text[17] = "";

	if (line.n > LINE_MAX || !strict_is_value(line))
		return false;
	while (digits < line.n && is_hex(line.p[digits]))
		digits++;
	if (digits == 0 || digits > 16)
		return false;
	memcpy(text, line.p, digits);
	*size_r = strtoull(text, NULL, 16);
	return *size_r <= (uint64_t)1 << 62 &&
	    are_extensions(str_make(line.p + digits, line.n - digits));
}

static enum strict_verdict bad(struct strict_message *m, const char *why)
{
	m->why = why;
	return STRICT_BAD;
}

/* No line yet: may it become one?  A CR is its last byte, if it has one. */
static enum strict_verdict part_of_line(struct str rest, size_t most,
    struct strict_message *m)
{
	const char *cr = memchr(rest.p, '\r', rest.n);

	if (memchr(rest.p, '\n', rest.n) != NULL || rest.n > most + 1 ||
	    (cr != NULL && cr + 1 != rest.p + rest.n))
		return bad(m, "a line end in a chunked body");
	return STRICT_PART;
}

static enum strict_verdict read_trailers(struct str rest, const char *start,
    struct strict_message *m)
{
	const char *began = rest.p;
	struct str line;

	for (;;) {
		struct strict_field *f = &m->trailers[m->trailer_count];

		if (!strict_next_line(&rest, &line))
			return part_of_line(rest, TRAILERS_MAX, m);
		if (rest.p - began > (ptrdiff_t)TRAILERS_MAX + 2)
			return bad(m, "long trailers");
		if (line.n == 0)
			break;
		if (m->trailer_count == STRICT_FIELDS_MAX - 1 ||
		    !strict_read_field(line, f) ||
		    (names_flags(f->name) & (NAME_HEAD | NAME_DISGUISED)))
			return bad(m, "a trailer");
		m->trailer_count++;
	}
	m->n = m->head_n + (size_t)(rest.p - start);
	return STRICT_WHOLE;
}

static void take(struct strict_message *m, const char *p, size_t n)
{
	m->body = realloc(m->body, m->body_n + n + 1);
	memcpy(m->body + m->body_n, p, n);
	m->body_n += n;
}

enum strict_verdict strict_chunks(struct str s, struct strict_message *m)
{
	struct str rest = s;
	struct str line;
	uint64_t size;

	for (;;) {
		if (!strict_next_line(&rest, &line))
			return part_of_line(rest, LINE_MAX, m);
		if (!read_size_line(line, &size))
			return bad(m, "a chunk's size line");
		if (size == 0)
			return read_trailers(rest, s.p, m);
		if (rest.n < size) {
			take(m, rest.p, rest.n);
			return STRICT_PART;
		}
		take(m, rest.p, (size_t)size);
		rest = str_make(rest.p + size, rest.n - (size_t)size);
		if (memcmp(rest.p, "\r\n", rest.n < 2 ? rest.n : 2) != 0)
			return bad(m, "the end of a chunk");
		if (rest.n < 2)
			return STRICT_PART;
		rest = str_make(rest.p + 2, rest.n - 2);
	}
}
