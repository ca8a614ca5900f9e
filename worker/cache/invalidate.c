/*
 * invalidate.c - what a request may have changed: RFC 9111, 4.4.
 *
 * Runs in workers, after replies to requests with methods that are not known to
 * be safe.  What Location and Content-Location name is resolved as RFC 3986, 5.2
 * says, and normalised as the path of a request is, so that both come to one
 * key.  Another origin's pages are none of a reply's business.
 */
#include "worker/cache/invalidate.h"

#include "common/base/out.h"
#include "worker/http/path.h"
#include "worker/http/scan.h"

#define HOST_MAX 300

bool invalidate_needed(const struct message *request, unsigned status)
{
	/* Safe ones that we have no other rule for: RFC 4918, 3253, 5323;
	 * QUERY. */
	static const struct str safe[] = {STR("PROPFIND"), STR("REPORT"),
	    STR("SEARCH"), STR("QUERY")};

	if (status < 200 || status > 399)
		return false;
	switch (request->method) {
	case METHOD_GET:
	case METHOD_HEAD:
	case METHOD_OPTIONS:
	case METHOD_TRACE:
	case METHOD_CONNECT:
		return false;
	default:
		break;
	}
	for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
		if (str_eq(request->method_text, safe[i]))
			return false;
	return true;
}

/* ---- references: RFC 3986, 4 and 5.2 ---- */

/* Cuts "https:" off *REF; "" if it has no scheme. */
static struct str cut_scheme(struct str *ref)
{
	struct str scheme;
	size_t n = 0;

	while (n < ref->n &&
	    (scan_is(ref->p[n], SCAN_PLAIN) || ref->p[n] == '+') &&
	    ref->p[n] != '_' && ref->p[n] != '~')
		n++;
	if (n == 0 || n == ref->n || ref->p[n] != ':')
		return STR("");
	scheme = str_make(ref->p, n);
	*ref = str_behind(*ref, n + 1);
	return scheme;
}

/* Cuts "//host:port" off *REF; false: there is none. */
static bool cut_authority(struct str *ref, struct str *authority_r)
{
	size_t n = 2;

	if (!str_starts(*ref, STR("//")))
		return false;
	while (n < ref->n && ref->p[n] != '/' && ref->p[n] != '?')
		n++;
	*authority_r = str_make(ref->p + 2, n - 2);
	*ref = str_behind(*ref, n);
	return true;
}

static bool is_same_host(const struct key_ask *ask, struct str authority)
{
	char ours[HOST_MAX], theirs[HOST_MAX];
	struct out a = out_make(ours, HOST_MAX), b = out_make(theirs, HOST_MAX);

	key_write_host(ask->scheme, ask->host, &a);
	key_write_host(ask->scheme, authority, &b);
	return out_ok(&a) && out_ok(&b) && str_eq(out_text(&a), out_text(&b));
}

/* Cuts scheme and authority off *REF: false, they are not ASK's. */
static bool cut_origin(const struct key_ask *ask, struct str *ref)
{
	struct str scheme = cut_scheme(ref);
	struct str authority;

	if (scheme.n > 0 && !str_eq_nocase(scheme, ask->scheme))
		return false;
	if (!cut_authority(ref, &authority))
		return scheme.n == 0;
	if (ref->n == 0)
		*ref = STR("/");
	return ref->p[0] == '/' && is_same_host(ask, authority);
}

/* Up to the last slash of BASE, then PATH. */
static struct str merge(struct str base, struct str path, struct arena *a)
{
	size_t n = base.n;
	char *p;

	while (n > 0 && base.p[n - 1] != '/')
		n--;
	p = arena_alloc(a, n + path.n);
	if (p == NULL)
		return STR("");
	memcpy(p, base.p, n);
	memcpy(p + n, path.p, path.n);
	return str_make(p, n + path.n);
}

/* Cuts off what follows C, which goes as well. */
static struct str cut_behind(struct str *s, char c)
{
	const char *at = s->n > 0 ? memchr(s->p, c, s->n) : NULL;
	struct str rest;

	if (at == NULL)
		return STR_NONE;
	rest = str_behind(*s, (size_t)(at - s->p) + 1);
	s->n = (size_t)(at - s->p);
	return rest;
}

/* What REF names, if that is of ASK's origin. */
static bool resolve(const struct key_ask *ask, struct str ref, struct arena *a,
    struct invalidate_url *url_r)
{
	struct str path;

	(void)cut_behind(&ref, '#');
	if (!cut_origin(ask, &ref))
		return false;
	url_r->query = cut_behind(&ref, '?');
	if (!path_may_have_query(url_r->query))
		return false;
	if (ref.n == 0) {
		url_r->path = ask->path;
		if (url_r->query.p == NULL)
			url_r->query = ask->query;
		return true;
	}
	if (ref.p[0] != '/')
		ref = merge(ask->path, ref, a);
	return ref.n > 0 &&
	    path_normalise(ref, a, &url_r->path, &path) == FAULT_NONE;
}

/* ---- what a reply names ---- */

static bool is_same_url(const struct invalidate_url *a,
    const struct invalidate_url *b)
{
	return str_eq(a->path, b->path) && str_eq(a->query, b->query) &&
	    (a->query.p == NULL) == (b->query.p == NULL);
}

static bool named_by(const struct key_ask *ask, const struct message *reply,
    enum field_id id, struct arena *a, struct invalidate_url *url_r)
{
	const struct field *f = message_find(reply, id);

	return f != NULL && resolve(ask, field_value(f), a, url_r);
}

unsigned invalidate_urls(const struct key_ask *ask,
    const struct message *reply, struct arena *a,
    struct invalidate_url urls_r[INVALIDATE_MAX])
{
	static const enum field_id names[] = {FIELD_location,
	    FIELD_content_location};
	unsigned count = 1;

	urls_r[0] = (struct invalidate_url){ask->path, ask->query};
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct invalidate_url *url = &urls_r[count];
		bool known = false;

		if (!named_by(ask, reply, names[i], a, url))
			continue;
		for (unsigned k = 0; k < count; k++)
			known = known || is_same_url(url, &urls_r[k]);
		count += !known;
	}
	return count;
}

bool invalidate_is_content(const struct key_ask *ask,
    const struct message *reply, struct arena *a)
{
	struct invalidate_url target = {ask->path, ask->query}, url;

	return named_by(ask, reply, FIELD_content_location, a, &url) &&
	    is_same_url(&url, &target);
}
