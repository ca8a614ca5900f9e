/*
 * meant.c - what a request asks of a proxy, and whether that is what arrived.
 */
#include "tests/torture/meant.h"
#include "tests/torture/meant_names.h"

/* ---- what it asks ---- */

#define FIELDS_MAX 100
#define NAMES_MAX 32 /* that Connection may name */

/* Connection is a list of tokens, and may not name what is for all readers. */
static bool is_connection(const struct strict_message *m)
{
	unsigned names = 0;
	struct str word;

	for (unsigned i = 0; i < m->field_count; i++) {
		struct str list = m->fields[i].value;

		if (!strict_equal_nocase(m->fields[i].name,
			STR("connection")))
			continue;
		while (strict_next_word(&list, &word)) {
			unsigned flags = names_flags(word);

			if (!strict_is_token(word) ||
			    (flags & NAME_DISGUISED) ||
			    ((flags & NAME_KNOWN) && !(flags & NAME_HOP)))
				return false;
			names += !strict_equal_nocase(word, STR("close")) &&
			    !strict_equal_nocase(word, STR("keep-alive")) &&
			    !strict_equal_nocase(word, STR("upgrade"));
		}
	}
	return names <= NAMES_MAX;
}

static bool asks_for_upgrade(const struct strict_message *m)
{
	struct str protocol;
	const char *slash;

	if (m->minor == 0 || m->framing == STRICT_CHUNKED || m->length > 0 ||
	    strict_find(m, "upgrade", &protocol) != 1 ||
	    !strict_has_word(m, "connection", STR("upgrade")) ||
	    strict_equal_nocase(protocol, STR("h2c")) || protocol.n == 0)
		return false;
	slash = memchr(protocol.p, '/', protocol.n);
	if (slash != NULL && !strict_is_token(str_make(slash + 1,
		(size_t)(protocol.p + protocol.n - slash - 1))))
		return false;
	if (slash != NULL)
		protocol.n = (size_t)(slash - protocol.p);
	return strict_is_token(protocol);
}

static const char *refused_for_body(const struct strict_message *m)
{
	bool body = m->framing == STRICT_CHUNKED || m->length > 0;
	struct str expect;

	if (body && m->minor == 0 &&
	    (str_eq(m->method, STR("GET")) || str_eq(m->method, STR("HEAD")) ||
		str_eq(m->method, STR("DELETE"))))
		return "a body in HTTP/1.0";
	switch (strict_find(m, "expect", &expect)) {
	case 0:
		return NULL;
	case 1:
		if (strict_equal_nocase(expect, STR("100-continue")))
			return NULL;
		return "another expectation";
	default:
		return "two expectations";
	}
}

/* A comma in S, but for those in quoted strings. */
static bool has_comma(struct str s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == '\\' && quoted)
			i++;
		else if (s.p[i] == ',' && !quoted)
			return true;
	}
	return quoted && memchr(s.p, ',', s.n) != NULL;
}

static bool starts_nocase(struct str s, struct str with)
{
	return s.n > with.n &&
	    strict_equal_nocase(str_make(s.p, with.n), with);
}

/* Two values where one belongs. */
static bool is_doubled(const struct strict_message *m, unsigned i)
{
	struct str name = m->fields[i].name;
	struct str value = m->fields[i].value;
	unsigned flags = names_flags(name);

	for (unsigned k = 0; (flags & NAME_ONCE) && k < i; k++)
		if (strict_equal_nocase(m->fields[k].name, name))
			return true;
	if (strict_equal_nocase(name, STR("authorization")) &&
	    (starts_nocase(value, STR("basic ")) ||
		starts_nocase(value, STR("bearer "))))
		return has_comma(value);
	return (flags & NAME_SINGLE) && has_comma(value);
}

static const char *refused_for_fields(const struct strict_message *m)
{
	if (m->field_count > FIELDS_MAX)
		return "too many fields";
	for (unsigned i = 0; i < m->field_count; i++) {
		if (names_flags(m->fields[i].name) & NAME_DISGUISED)
			return "a disguised field";
		if (is_doubled(m, i))
			return "a field that comes once";
	}
	if (!is_connection(m))
		return "Connection";
	return refused_for_body(m);
}

/* The authority of the target, if it has one, agrees with Host. */
static const char *refused_for_host(const struct strict_message *m,
    struct meaning *r)
{
	struct str host;

	if (strict_find(m, "host", &host) == 0) {
		if (m->minor > 0)
			return "no Host";
		host = r->host;
	}
	if (host.p != NULL && !meant_is_authority(host))
		return "the host";
	if (r->host.p != NULL && !strict_equal_nocase(host, r->host))
		return "two hosts";
	r->host = host;
	return NULL;
}

static enum meant meant_by_method(const struct strict_message *m,
    const struct meaning *r)
{
	struct str value;

	if (r->secure || str_eq(m->method, STR("TRACE")))
		return MEANT_OURS;
	if (r->target_n == 1 && r->target[0] == '*')
		return MEANT_EITHER;
	if (str_eq(m->method, STR("OPTIONS")) &&
	    strict_find(m, "max-forwards", &value) > 0)
		return MEANT_EITHER;
	return MEANT_FORWARD;
}

/* One that we know, but for its case, in which others may know it too. */
static bool is_misspelt(struct str method)
{
	static const char *const names[] = {"GET", "HEAD", "POST", "PUT",
	    "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strict_equal_nocase(method, str_from(names[i])))
			return !str_eq(method, str_from(names[i]));
	return false;
}

void meant_by(const struct strict_message *m, struct meaning *r)
{
	r->meant = MEANT_REFUSE;
	r->upgrade = asks_for_upgrade(m);
	r->why = is_misspelt(m->method) ? "a method in the wrong case"
					: refused_for_fields(m);
	if (r->why != NULL)
		return;
	/* Refused or answered by us: it never gets anywhere. */
	if (str_eq(m->method, STR("CONNECT"))) {
		r->meant = MEANT_OURS;
		return;
	}
	if (!meant_target(m, r))
		return;
	r->why = refused_for_host(m, r);
	if (r->why == NULL)
		r->meant = meant_by_method(m, r);
}

/* ---- what arrived ---- */

static bool is_ours(struct str name)
{
	return names_flags(name) & NAME_OURS;
}

/* The first field of M at *AT or behind that is passed on as it is. */
static const struct strict_field *next_kept(const struct strict_message *m,
    unsigned *at, const struct strict_message *sent)
{
	while (*at < m->field_count) {
		const struct strict_field *f = &m->fields[(*at)++];

		if (!is_ours(f->name) &&
		    !strict_has_word(sent, "connection", f->name))
			return f;
	}
	return NULL;
}

static const char *fields_differ(const struct strict_message *sent,
    const struct strict_message *arrived)
{
	unsigned at_sent = 0, at_arrived = 0;
	const struct strict_field *a, *b;

	do {
		a = next_kept(sent, &at_sent, sent);
		b = next_kept(arrived, &at_arrived, sent);
		if ((a == NULL) != (b == NULL))
			return "the number of fields";
		if (a != NULL && !str_eq(a->name, b->name))
			return "a field's name";
		if (a != NULL && !str_eq(a->value, b->value))
			return "a field's value";
	} while (a != NULL);
	return NULL;
}

/* What was named by Connection ends at the proxy; what frames or routes is
 * there exactly once. */
static const char *is_out_of_place(const struct strict_message *sent,
    const struct strict_message *arrived)
{
	struct str value;

	for (unsigned i = 0; i < arrived->field_count; i++) {
		struct str name = arrived->fields[i].name;

		if (!is_ours(name) && strict_has_word(sent, "connection", name))
			return "a field that Connection names";
	}
	if (strict_find(arrived, "proxy", &value) > 0 ||
	    strict_find(arrived, "proxy-connection", &value) > 0 ||
	    strict_find(arrived, "keep-alive", &value) > 0)
		return "a field of the connection";
	if (strict_find(arrived, "host", &value) != 1)
		return "not one Host";
	return meant_is_authority(value) ? NULL : "the Host's syntax";
}

/* Trailers may be left out, but not made up or changed. */
static const char *trailers_differ(const struct strict_message *sent,
    const struct strict_message *arrived)
{
	unsigned at = 0;

	for (unsigned i = 0; i < arrived->trailer_count; i++, at++) {
		const struct strict_field *f = &arrived->trailers[i];

		while (at < sent->trailer_count &&
		    !(str_eq(sent->trailers[at].name, f->name) &&
			str_eq(sent->trailers[at].value, f->value)))
			at++;
		if (at == sent->trailer_count)
			return "the trailers";
	}
	return NULL;
}

static const char *body_differs(const struct strict_message *sent,
    const struct strict_message *arrived, bool whole)
{
	if (arrived->framing != sent->framing ||
	    arrived->length != sent->length)
		return "the framing";
	if (arrived->body_n > sent->body_n ||
	    (whole && arrived->body_n != sent->body_n))
		return "the body's length";
	return arrived->body_n == 0 ||
		memcmp(arrived->body, sent->body, arrived->body_n) == 0
	    ? NULL
	    : "the body";
}

const char *meant_differs(const struct strict_message *sent,
    const struct meaning *meaning, const struct strict_message *arrived,
    bool whole)
{
	struct str target = str_make(meaning->target, meaning->target_n);
	const char *differs;
	struct str host;

	if (!str_eq(sent->method, arrived->method))
		return "the method";
	if (!str_eq(target, arrived->target))
		return "the target";
	if (arrived->minor != 1)
		return "the version";
	differs = is_out_of_place(sent, arrived);
	if (differs != NULL)
		return differs;
	if (strict_find(arrived, "host", &host) == 1 &&
	    meaning->host.p != NULL && !str_eq(host, meaning->host))
		return "the Host";
	differs = fields_differ(sent, arrived);
	if (differs == NULL)
		differs = trailers_differ(sent, arrived);
	return differs != NULL ? differs : body_differs(sent, arrived, whole);
}
