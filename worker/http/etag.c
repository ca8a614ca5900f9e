/*
 * etag.c - entity tags: RFC 9110, 8.8.3.
 *
 * Runs in workers.  A tag is any bytes between quotes but quotes, controls and
 * spaces, with W/ before it if it only promises the same meaning.  A comma in
 * one is no end of it, and a backslash quotes nothing.
 */
#include "worker/http/etag.h"

static bool is_in_tag(char c)
{
	unsigned char u = (unsigned char)c;

	return u > ' ' && u != '"' && u != 0x7f;
}

/* The length of the tag that S begins with; 0: it begins with none. */
static size_t measure(struct str s, struct etag *tag_r)
{
	size_t start, n;

	tag_r->weak = s.n > 1 && s.p[0] == 'W' && s.p[1] == '/';
	start = tag_r->weak ? 2 : 0;
	if (start >= s.n || s.p[start] != '"')
		return 0;
	n = start + 1;
	while (n < s.n && is_in_tag(s.p[n]))
		n++;
	if (n == s.n || s.p[n] != '"')
		return 0;
	tag_r->opaque = str_make(s.p + start, n + 1 - start);
	return n + 1;
}

bool etag_read(struct str text, struct etag *tag_r)
{
	return text.n > 0 && measure(text, tag_r) == text.n;
}

struct etag etag_of(const struct message *reply)
{
	const struct field *f = message_find(reply, FIELD_etag);
	struct etag tag;

	if (f == NULL || (reply->repeated & FIELD_BIT(FIELD_etag)) ||
	    !etag_read(field_value(f), &tag))
		return (struct etag){.opaque = STR_NONE};
	return tag;
}

bool etag_is_same_weakly(const struct etag *a, const struct etag *b)
{
	return a->opaque.p != NULL && b->opaque.p != NULL &&
	    str_eq(a->opaque, b->opaque);
}

bool etag_is_same_strongly(const struct etag *a, const struct etag *b)
{
	return !a->weak && !b->weak && etag_is_same_weakly(a, b);
}

/* Empty elements of a list are none (RFC 9110, 5.6.1). */
static struct str skip_empty(struct str s)
{
	while (s.n > 0 &&
	    (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == ','))
		s = str_behind(s, 1);
	return s;
}

bool etag_next(struct str *list, struct etag *tag_r)
{
	struct str rest;
	size_t n;

	*list = skip_empty(*list);
	n = list->n > 0 ? measure(*list, tag_r) : 0;
	if (n == 0)
		return false;
	rest = str_trim(str_behind(*list, n));
	if (rest.n > 0 && rest.p[0] != ',')
		return false;
	*list = skip_empty(rest);
	return true;
}
