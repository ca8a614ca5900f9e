/*
 * claim.c - what a request says of its own way, as values.
 *
 * Runs in workers, for requests of peers that may be believed.  Lists are read
 * from their end: whoever is trusted has appended to what he was told, so the
 * end is his and the beginning may be anybody's.  Quotes are counted from the
 * end, too: a quote that somebody opened and never closed takes with it only
 * what stands before it.
 */
#include "worker/http/claim.h"

#include "worker/http/scan.h"

/* ---- lists ---- */

struct claim_list claim_list(const struct message *m, enum field_id id)
{
	return (struct claim_list){.m = m, .id = id, .fields = m->field_count};
}

/* Takes what stands behind the last comma off REST. */
static struct str take_last(struct str *rest)
{
	struct str element = *rest;
	bool quoted = false;

	for (size_t i = rest->n; i > 0; i--) {
		char c = rest->p[i - 1];

		if (c == '"')
			quoted = !quoted;
		if (c != ',' || quoted)
			continue;
		element = str_make(rest->p + i, rest->n - i);
		rest->n = i - 1;
		return str_trim(element);
	}
	rest->n = 0;
	return str_trim(element);
}

static bool take_field(struct claim_list *list)
{
	while (list->fields > 0) {
		const struct field *f = &list->m->fields[--list->fields];

		if (f->id == list->id) {
			list->rest = field_value(f);
			return true;
		}
	}
	return false;
}

bool claim_list_last(struct claim_list *list, struct str *element_r)
{
	do {
		while (list->rest.n > 0) {
			*element_r = take_last(&list->rest);
			if (element_r->n > 0)
				return true;
		}
	} while (take_field(list));
	return false;
}

/* ---- addresses ---- */

static bool is_port(struct str text)
{
	uint64_t ignored;

	return text.n <= 5 && str_to_u64(text, UINT16_MAX, &ignored);
}

/* "[2001:db8::1]" and perhaps ":80" behind it. */
static bool read_brackets(struct str text, struct ip *ip_r)
{
	const char *end = memchr(text.p, ']', text.n);
	size_t n;

	if (end == NULL)
		return false;
	n = (size_t)(end - text.p);
	if (memchr(text.p, ':', n) == NULL ||
	    !ip_parse(str_make(text.p + 1, n - 1), ip_r))
		return false;
	return n + 1 == text.n ||
	    (end[1] == ':' && is_port(str_make(end + 2, text.n - n - 2)));
}

bool claim_node(struct str text, struct ip *ip_r)
{
	const char *colon;
	size_t n;

	if (text.n == 0)
		return false;
	if (text.p[0] == '[')
		return read_brackets(text, ip_r);
	colon = memchr(text.p, ':', text.n);
	n = colon != NULL ? (size_t)(colon - text.p) : text.n;
	if (colon == NULL || memchr(colon + 1, ':', text.n - n - 1) != NULL)
		return ip_parse(text, ip_r);
	return is_port(str_make(colon + 1, text.n - n - 1)) &&
	    ip_parse(str_make(text.p, n), ip_r);
}

/* ---- Forwarded ---- */

static void skip(struct str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static bool take_token(struct str *rest, struct str *token_r)
{
	const char *end = scan_token(rest->p, rest->p + rest->n);

	*token_r = str_make(rest->p, (size_t)(end - rest->p));
	skip(rest, token_r->n);
	return token_r->n > 0;
}

static bool take_quoted(struct str *rest, struct str *text_r)
{
	const char *end = memchr(rest->p + 1, '"', rest->n - 1);

	if (end == NULL)
		return false;
	*text_r = str_make(rest->p + 1, (size_t)(end - rest->p) - 1);
	skip(rest, text_r->n + 2);
	return text_r->n > 0 && memchr(text_r->p, '\\', text_r->n) == NULL;
}

/* "name=value" or "name=\"value\"" */
static bool take_pair(struct str *rest, struct str *name_r, struct str *value_r)
{
	if (!take_token(rest, name_r) || rest->n < 2 || rest->p[0] != '=')
		return false;
	skip(rest, 1);
	return rest->p[0] == '"' ? take_quoted(rest, value_r)
				 : take_token(rest, value_r);
}

static bool note(struct claim_hop *hop, struct str name, struct str value)
{
	struct str *place = NULL;

	if (str_eq_nocase(name, STR("for")))
		place = &hop->node;
	else if (str_eq_nocase(name, STR("proto")))
		place = &hop->proto;
	else if (str_eq_nocase(name, STR("host")))
		place = &hop->host;
	if (place == NULL)
		return true;
	if (place->p != NULL)
		return false;
	*place = value;
	return true;
}

bool claim_hop(struct str element, struct claim_hop *hop_r)
{
	struct str rest = element;

	*hop_r = (struct claim_hop){.node = STR_NONE};
	for (;;) {
		struct str name, value;

		if (!take_pair(&rest, &name, &value) ||
		    !note(hop_r, name, value))
			return false;
		if (rest.n == 0)
			return true;
		if (rest.p[0] != ';')
			return false;
		skip(&rest, 1);
		rest = str_trim(rest);
	}
}

/* ---- words ---- */

struct str claim_proto(struct str text)
{
	if (str_eq_nocase(text, STR("http")))
		return STR("http");
	return str_eq_nocase(text, STR("https")) ? STR("https") : STR_NONE;
}

static bool is_in_request_id(char c)
{
	char low = char_lower(c);

	return (low >= 'a' && low <= 'z') || char_is_digit(c) ||
	    (c != '\0' && strchr("._=+/-", c) != NULL);
}

bool claim_is_request_id(struct str text)
{
	if (text.n == 0 || text.n > CLAIM_REQUEST_ID_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (!is_in_request_id(text.p[i]))
			return false;
	return true;
}

/* Is N hexadecimal digits in lower case, and not all zeros if MAY_BE_ZERO is
 * false, what P begins with? */
static bool is_hex(const char *p, size_t n, bool may_be_zero)
{
	bool zero = true;

	for (size_t i = 0; i < n; i++) {
		if (char_hex(p[i]) < 0 || (p[i] >= 'A' && p[i] <= 'F'))
			return false;
		zero = zero && p[i] == '0';
	}
	return may_be_zero || !zero;
}

/* 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 */
bool claim_is_trace(struct str text)
{
	const size_t length = 55;
	const char *p = text.p;

	if (text.n < length || text.n > CLAIM_TRACE_MAX)
		return false;
	if (p[2] != '-' || p[35] != '-' || p[52] != '-' ||
	    !is_hex(p, 2, true) || !is_hex(p + 3, 32, false) ||
	    !is_hex(p + 36, 16, false) || !is_hex(p + 53, 2, true))
		return false;
	if (str_starts(text, STR("ff")))
		return false;
	return text.n == length ||
	    (!str_starts(text, STR("00")) && p[length] == '-');
}
