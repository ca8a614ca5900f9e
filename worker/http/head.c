/*
 * head.c - from the bytes of an HTTP/1 head to a message.
 *
 * Runs in workers.  RFC 9112, 2 to 5; RFC 9110, 5.  One pass over complete
 * bytes, from left to right; then what the fields mean together: meaning.c.
 *
 * The one idea of the loops: a head ends with LF, and no loop here passes a LF.
 * So none of them needs to ask for the end at each byte, and behind a CR there
 * is always one byte more.
 *
 * Lenience that RFC 9112 allows and that is not here: bare LF, empty lines
 * before the start line, more than one space in it, obs-fold, whitespace
 * before the colon.  Lenience that is: a status line may end behind its code
 * (origins do that), and values may hold obs-text.
 */
#include "worker/http/head.h"

#include "common/base/insist.h"
#include "worker/http/meaning.h"
#include "worker/http/scan.h"

/* What is not yet read of a head; END[-1] is a LF. */
struct reader {
	const char *at;
	const char *end;
	const struct conf_head_limits *limits;
};

size_t head_length(const char *p, size_t n, size_t from)
{
	return scan_head_end(p, n, from);
}

/* A line should end at R->at: what else is there is FAULT. */
static enum fault read_line_end(struct reader *r, enum fault fault)
{
	if (r->at[0] == '\r' && r->at[1] == '\n') {
		r->at += 2;
		return FAULT_NONE;
	}
	return r->at[0] == '\r' || r->at[0] == '\n' ? FAULT_line_end : fault;
}

/* ---- start lines ---- */

static enum fault read_method(struct reader *r, struct message *m)
{
	const char *stop = scan_token(r->at, r->end);
	size_t n = (size_t)(stop - r->at);

	if (*stop == '\r' || *stop == '\n')
		return FAULT_request_line;
	if (*stop != ' ')
		return FAULT_method;
	r->at = stop + 1;
	return meaning_of_method(m, str_make(stop - n, n));
}

/* Up to the next space; target.c looks closer, when Host is known. */
static enum fault read_target(struct reader *r, struct message *m)
{
	const char *stop = scan_visible(r->at, r->end);

	m->target = str_make(r->at, (size_t)(stop - r->at));
	if (*stop == '\r' || *stop == '\n' || (*stop == ' ' && stop == r->at))
		return FAULT_request_line;
	if (*stop != ' ')
		return FAULT_target;
	if (m->target.n > r->limits->url)
		return FAULT_target_large;
	r->at = stop + 1;
	return FAULT_NONE;
}

/* "HTTP/1.x": leaves R behind it. */
static enum fault read_version(struct reader *r, struct message *m)
{
	struct str name = STR("HTTP/");
	struct str left = str_make(r->at, (size_t)(r->end - r->at));
	const char *p = r->at + name.n;

	if (!str_starts(left, name) || !char_is_digit(p[0]) || p[1] != '.' ||
	    !char_is_digit(p[2]))
		return FAULT_version;
	if (p[0] != '1')
		return FAULT_version_unknown;
	m->minor = p[2] > '0';
	r->at = p + 3;
	return FAULT_NONE;
}

static enum fault read_request_line(struct reader *r, struct message *m)
{
	enum fault fault = read_method(r, m);

	if (fault == FAULT_NONE)
		fault = read_target(r, m);
	if (fault == FAULT_NONE)
		fault = read_version(r, m);
	if (fault == FAULT_NONE)
		fault = read_line_end(r, FAULT_version);
	m->version_read = fault == FAULT_NONE;
	return fault;
}

/* SP and three digits. */
static enum fault read_status(struct reader *r, struct message *m)
{
	const char *p = r->at;

	if (p[0] != ' ' || !char_is_digit(p[1]) || !char_is_digit(p[2]) ||
	    !char_is_digit(p[3]))
		return FAULT_status_line;
	m->status = (unsigned)(p[1] - '0') * 100 + (unsigned)(p[2] - '0') * 10 +
	    (unsigned)(p[3] - '0');
	r->at = p + 4;
	return m->status >= 100 && m->status <= 599 ? FAULT_NONE
						    : FAULT_status_line;
}

static enum fault read_status_line(struct reader *r, struct message *m)
{
	enum fault fault = read_version(r, m);
	const char *stop;

	if (fault == FAULT_NONE)
		fault = read_status(r, m);
	if (fault != FAULT_NONE)
		return fault;
	if (*r->at == ' ') {
		stop = scan_value(++r->at, r->end);
		m->reason = str_make(r->at, (size_t)(stop - r->at));
		r->at = stop;
	}
	return read_line_end(r, FAULT_status_line);
}

/* ---- field lines ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* NAME is empty, or what follows it is no colon. */
static enum fault name_fault(const char *name)
{
	return is_blank(*name) ? FAULT_obs_fold : FAULT_field_name;
}

static enum fault read_field(struct reader *r, struct field *f)
{
	const char *name = r->at;
	const char *colon = scan_token(name, r->end);
	const char *value = colon + 1;
	const char *stop;

	if (*colon != ':' || colon == name)
		return name_fault(name);
	while (is_blank(*value))
		value++;
	stop = r->at = scan_value(value, r->end);
	while (stop > value && is_blank(stop[-1]))
		stop--;
	INSIST(colon - name <= UINT16_MAX);
	f->name = name;
	f->name_len = (uint16_t)(colon - name);
	f->value = value;
	f->value_len = (uint32_t)(stop - value);
	return read_line_end(r, FAULT_field_value);
}

static bool at_empty_line(const struct reader *r)
{
	return r->end - r->at == 2 && r->at[0] == '\r';
}

/* Fields up to the empty line, of which there must be nothing left over. */
static enum fault read_fields(struct reader r, struct arena *a,
    struct message *m)
{
	size_t lines = scan_count(r.at, (size_t)(r.end - r.at), '\n');

	if (lines > r.limits->fields + 1)
		return FAULT_fields_many;
	m->fields = arena_alloc(a, sizeof(*m->fields) * lines);
	if (m->fields == NULL)
		return FAULT_no_room;
	while (!at_empty_line(&r)) {
		struct field *f = &m->fields[m->field_count];
		enum fault fault;

		if (r.at == r.end || *r.at == '\n')
			return FAULT_line_end;
		INSIST(m->field_count < lines);
		fault = read_field(&r, f);
		if (fault != FAULT_NONE)
			return fault;
		meaning_note(m, f);
	}
	return FAULT_NONE;
}

/* ---- heads ---- */

static enum fault begin(struct reader *r, struct str head,
    const struct conf_head_limits *limits, struct message *m)
{
	INSIST(head.n > 0 && head.p[head.n - 1] == '\n');
	*r = (struct reader){.at = head.p,
	    .end = head.p + head.n,
	    .limits = limits};
	*m = (struct message){.method = METHOD_OTHER};
	return head.n > limits->header ? FAULT_head_large : FAULT_NONE;
}

enum fault head_parse_request(struct str head,
    const struct conf_head_limits *limits, struct arena *a, struct message *m)
{
	struct reader r;
	enum fault fault = begin(&r, head, limits, m);

	if (fault == FAULT_NONE)
		fault = read_request_line(&r, m);
	if (fault == FAULT_NONE)
		fault = read_fields(r, a, m);
	if (fault == FAULT_NONE)
		fault = meaning_of_request(m, a);
	return fault;
}

enum fault head_parse_reply(struct str head, enum method request_method,
    const struct conf_head_limits *limits, struct arena *a, struct message *m)
{
	struct reader r;
	enum fault fault = begin(&r, head, limits, m);

	if (fault == FAULT_NONE)
		fault = read_status_line(&r, m);
	if (fault == FAULT_NONE)
		fault = read_fields(r, a, m);
	if (fault == FAULT_NONE)
		fault = meaning_of_reply(m, request_method);
	return fault;
}

enum fault head_parse_section(struct str section, struct arena *a,
    struct message *m)
{
	struct conf_head_limits limits = {.fields = (unsigned)section.n};
	struct reader r = {.at = section.p,
	    .end = section.p + section.n,
	    .limits = &limits};

	INSIST(section.n > 0 && section.p[section.n - 1] == '\n');
	return read_fields(r, a, m);
}

enum fault head_parse_trailers(struct str section, struct arena *a,
    struct message *m)
{
	*m = (struct message){.method = METHOD_OTHER};
	return head_parse_section(section, a, m);
}
