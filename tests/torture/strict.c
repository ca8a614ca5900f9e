/*
 * strict.c - an independent, strict reading of HTTP/1: heads.
 *
 * Lines first, then what is in them, then what they mean together; each by the
 * plainest code that does it.
 */
#include "tests/torture/strict.h"

#include <stdlib.h>

/* ---- bytes and lists ---- */

static bool is_tchar(char c)
{
	return c > ' ' && c < 0x7f && strchr("\"(),/:;<=>?@[\\]{}", c) == NULL;
}

bool strict_is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_tchar(s.p[i]))
			return false;
	return s.n > 0;
}

bool strict_is_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c != '\t' && (c < ' ' || c == 0x7f))
			return false;
	}
	return true;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool strict_equal_nocase(struct str a, struct str b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && lower(a.p[i]) == lower(b.p[i]))
		i++;
	return i == a.n && i == b.n;
}

struct str strict_trim(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s.p++, s.n--;
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool strict_next_word(struct str *list, struct str *word_r)
{
	do {
		const char *comma = memchr(list->p, ',', list->n);
		size_t n = comma != NULL ? (size_t)(comma - list->p) : list->n;
		size_t gone = comma != NULL ? n + 1 : n;

		if (list->n == 0)
			return false;
		*word_r = strict_trim(str_make(list->p, n));
		*list = str_make(list->p + gone, list->n - gone);
	} while (word_r->n == 0);
	return true;
}

unsigned strict_find(const struct strict_message *m, const char *name,
    struct str *value_r)
{
	unsigned count = 0;

	for (unsigned i = 0; i < m->field_count; i++)
		if (strict_equal_nocase(m->fields[i].name, str_from(name)) &&
		    count++ == 0)
			*value_r = m->fields[i].value;
	return count;
}

bool strict_has_word(const struct strict_message *m, const char *name,
    struct str word)
{
	for (unsigned i = 0; i < m->field_count; i++) {
		struct str list = m->fields[i].value;
		struct str one;

		if (!strict_equal_nocase(m->fields[i].name, str_from(name)))
			continue;
		while (strict_next_word(&list, &one))
			if (strict_equal_nocase(one, word))
				return true;
	}
	return false;
}

/* ---- lines ---- */

bool strict_next_line(struct str *rest, struct str *line_r)
{
	const char *lf = memchr(rest->p, '\n', rest->n);
	size_t n = lf != NULL ? (size_t)(lf - rest->p) : 0;

	if (n == 0 || rest->p[n - 1] != '\r' ||
	    memchr(rest->p, '\r', n - 1) != NULL)
		return false;
	*line_r = str_make(rest->p, n - 1);
	*rest = str_make(rest->p + n + 1, rest->n - n - 1);
	return true;
}

bool strict_read_field(struct str line, struct strict_field *f)
{
	const char *colon = memchr(line.p, ':', line.n);
	size_t n = colon != NULL ? (size_t)(colon - line.p) : 0;

	if (n == 0)
		return false;
	f->name = str_make(line.p, n);
	f->value = strict_trim(str_make(colon + 1, line.n - n - 1));
	return strict_is_token(f->name) && strict_is_value(f->value);
}

/* Where even the most lenient reader sees the empty line end; 0: nowhere. */
static size_t head_end(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t line = i;

		if (s.p[i] != '\n')
			continue;
		if (line > 0 && s.p[line - 1] == '\r')
			line--;
		if (line == 0 || s.p[line - 1] == '\n')
			return i + 1;
	}
	return 0;
}

/* "HTTP/1.x" */
static bool read_version(struct str s, struct strict_message *m)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/1.", 7) != 0 || s.p[7] < '0' ||
	    s.p[7] > '9')
		return false;
	m->minor = s.p[7] > '0';
	return true;
}

static bool is_visible(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
			return false;
	return s.n > 0;
}

/* Up to the next space of *REST, which moves behind it. */
static struct str cut_at_space(struct str *rest)
{
	const char *space = memchr(rest->p, ' ', rest->n);
	struct str word = *rest;

	if (space == NULL)
		return STR_NONE;
	word.n = (size_t)(space - rest->p);
	*rest = str_make(space + 1, rest->n - word.n - 1);
	return word;
}

static bool read_request_line(struct str line, struct strict_message *m)
{
	m->method = cut_at_space(&line);
	m->target = cut_at_space(&line);
	return strict_is_token(m->method) && m->method.n <= 32 &&
	    is_visible(m->target) && read_version(line, m);
}

/* The space before the reason may be missing with it: origins do that. */
static bool read_status_line(struct str line, struct strict_message *m)
{
	struct str version = cut_at_space(&line);
	struct str status = line;

	line = STR("");
	if (status.n > 3) {
		line = status;
		status = cut_at_space(&line);
	}
	if (!read_version(version, m) || status.n != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (status.p[i] < '0' || status.p[i] > '9')
			return false;
		m->status = m->status * 10 + (unsigned)(status.p[i] - '0');
	}
	m->reason = line;
	return m->status >= 100 && strict_is_value(m->reason);
}

/* ---- a head ---- */

static enum strict_verdict bad(struct strict_message *m, const char *why)
{
	m->why = why;
	return STRICT_BAD;
}

/* The lines behind the first, up to the empty one. */
static enum strict_verdict read_fields(struct str rest,
    struct strict_message *m)
{
	struct str line;

	for (;;) {
		if (!strict_next_line(&rest, &line))
			return bad(m, "a line end");
		if (line.n == 0)
			return rest.n == 0 ? STRICT_WHOLE
					   : bad(m, "an empty line");
		if (m->field_count == STRICT_FIELDS_MAX)
			return bad(m, "too many fields");
		if (!strict_read_field(line, &m->fields[m->field_count++]))
			return bad(m, "a field line");
	}
}

static enum strict_verdict read_head(struct str s, struct strict_message *m,
    bool (*read_start)(struct str, struct strict_message *))
{
	struct str line;
	struct str rest;

	*m = (struct strict_message){.head_n = head_end(s)};
	if (m->head_n > STRICT_HEAD_MAX ||
	    (m->head_n == 0 && s.n >= STRICT_HEAD_MAX))
		return bad(m, "a large head");
	if (m->head_n == 0)
		return STRICT_PART;
	rest = str_make(s.p, m->head_n);
	if (!strict_next_line(&rest, &line))
		return bad(m, "the line end of the first line");
	if (!read_start(line, m))
		return bad(m, "the first line");
	return read_fields(rest, m);
}

/* ---- framing ---- */

static bool read_length(struct str s, uint64_t *length_r)
{
	uint64_t most = (uint64_t)1 << 62;
	uint64_t length = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || length > most / 10)
			return false;
		length = length * 10 + (uint64_t)(s.p[i] - '0');
	}
	*length_r = length;
	return s.n > 0 && length <= most;
}

/* What the fields say, whoever sent them. */
static enum strict_verdict read_framing(struct strict_message *m)
{
	struct str coding, length;
	unsigned codings = strict_find(m, "transfer-encoding", &coding);
	unsigned lengths = strict_find(m, "content-length", &length);

	if (codings + lengths > 1)
		return bad(m, "two framings");
	if (codings == 1) {
		m->framing = STRICT_CHUNKED;
		if (m->minor == 0 ||
		    !strict_equal_nocase(coding, STR("chunked")))
			return bad(m, "the coding");
	}
	if (lengths == 1) {
		m->framing = STRICT_LENGTH;
		if (!read_length(length, &m->length))
			return bad(m, "the length");
	}
	return STRICT_WHOLE;
}

static enum strict_verdict keep_body(struct strict_message *m, struct str s,
    enum strict_verdict verdict)
{
	m->n = m->head_n + s.n;
	m->body_n = s.n;
	if (s.n > 0) {
		m->body = malloc(s.n);
		memcpy(m->body, s.p, s.n);
	}
	return verdict;
}

static enum strict_verdict read_body(struct str s, bool ended,
    struct strict_message *m)
{
	struct str rest = str_make(s.p + m->head_n, s.n - m->head_n);

	switch (m->framing) {
	case STRICT_LENGTH:
		if (rest.n < m->length)
			return keep_body(m, rest, STRICT_PART);
		rest.n = (size_t)m->length;
		return keep_body(m, rest, STRICT_WHOLE);
	case STRICT_CHUNKED:
		return strict_chunks(rest, m);
	case STRICT_UNTIL_CLOSE:
		return keep_body(m, rest, ended ? STRICT_WHOLE : STRICT_PART);
	default:
		m->n = m->head_n;
		return STRICT_WHOLE;
	}
}

bool strict_persists(const struct strict_message *m)
{
	if (strict_has_word(m, "connection", STR("close")))
		return false;
	return m->minor > 0 ||
	    strict_has_word(m, "connection", STR("keep-alive"));
}

/* A leading zero makes some readers read octal digits. */
static bool is_octal(const struct strict_message *m)
{
	struct str length = STR("");

	(void)strict_find(m, "content-length", &length);
	return length.n > 1 && length.p[0] == '0';
}

enum strict_verdict strict_request(struct str s, struct strict_message *m)
{
	enum strict_verdict verdict = read_head(s, m, read_request_line);

	if (verdict == STRICT_BAD && m->head_n > 0 &&
	    m->head_n <= STRICT_HEAD_MAX)
		m->method = cut_at_space(&s);
	if (verdict == STRICT_WHOLE)
		verdict = read_framing(m);
	if (verdict == STRICT_WHOLE && is_octal(m))
		verdict = bad(m, "a length with a leading zero");
	m->head_whole = verdict == STRICT_WHOLE;
	return m->head_whole ? read_body(s, false, m) : verdict;
}

enum strict_verdict strict_reply(struct str s, struct str method, bool ended,
    struct strict_message *m)
{
	enum strict_verdict verdict = read_head(s, m, read_status_line);

	if (verdict == STRICT_WHOLE)
		verdict = read_framing(m);
	m->head_whole = verdict == STRICT_WHOLE;
	if (!m->head_whole)
		return verdict;
	if (m->status < 200 || m->status == 204) {
		if (m->framing != STRICT_NO_BODY)
			return bad(m, "framing of what has no body");
	} else if (m->status == 304 || str_eq(method, STR("HEAD"))) {
		m->framing = STRICT_NO_BODY;
	} else if (m->framing == STRICT_NO_BODY) {
		m->framing = STRICT_UNTIL_CLOSE;
	}
	return read_body(s, ended, m);
}

void strict_free(struct strict_message *m)
{
	free(m->body);
	m->body = NULL;
}
