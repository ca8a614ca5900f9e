/*
 * location.c - URLs of an origin, as its clients must know them.
 *
 * Runs in workers, for the rare reply that has such a field.  RFC 3986; what
 * browsers make of it where they differ.  Only what stands before the rest of
 * the path is ever read or changed; the rest is copied as it is.
 *
 * Invariant: a path from which the prefix was taken never begins with "//",
 * which would be somebody else's authority; nor does one without a name.
 */
#include "worker/proxy/location.h"

#include "common/base/insist.h"

/* A URI reference in three parts; what is absent is STR_NONE. */
struct reference {
	struct str scheme; /* "http", "https" */
	struct str authority;
	struct str tail; /* path, query and fragment */
};

static bool holds(struct str s, char c)
{
	return s.n > 0 && memchr(s.p, c, s.n) != NULL;
}

/* ---- names ---- */

static unsigned default_port(struct str scheme)
{
	return str_eq_nocase(scheme, STR("https")) ? 443 : 80;
}

/* Where the host ends: at its colon, but for those of an IPv6 address. */
static size_t host_length(struct str authority)
{
	size_t n = 0;

	if (authority.n > 0 && authority.p[0] == '[')
		while (n < authority.n && authority.p[n] != ']')
			n++;
	while (n < authority.n && authority.p[n] != ':')
		n++;
	return n;
}

bool naming_split(struct str authority, struct str scheme,
    struct naming_host *host_r)
{
	size_t n = host_length(authority);
	uint64_t port = 0;

	if (n == 0 || holds(authority, '@'))
		return false;
	if (n + 1 < authority.n &&
	    !str_to_u64(str_behind(authority, n + 1), UINT16_MAX, &port))
		return false;
	host_r->host = str_make(authority.p, n);
	host_r->port = port != default_port(scheme) ? (unsigned)port : 0;
	return true;
}

void naming_add_inside(struct naming *n, struct str authority)
{
	INSIST(n->inside_count < NAMING_INSIDE_MAX);
	if (naming_split(authority, n->https ? STR("https") : STR("http"),
		&n->inside[n->inside_count]))
		n->inside_count++;
}

static bool is_same(const struct naming_host *a, const struct naming_host *b)
{
	return a->port == b->port && str_eq_nocase(a->host, b->host);
}

static bool is_inside(const struct naming *n, const struct naming_host *host)
{
	for (unsigned i = 0; i < n->inside_count; i++)
		if (is_same(&n->inside[i], host))
			return true;
	return false;
}

size_t naming_growth(const struct naming *n)
{
	return n->scheme.n + n->authority.n + n->route.n + sizeof("://") +
	    sizeof("/.");
}

/* ---- paths ---- */

static bool ends_segment(struct str rest)
{
	return rest.n == 0 || rest.p[0] == '/' || rest.p[0] == '?' ||
	    rest.p[0] == '#';
}

/* A path that stands for itself, without an authority before it. */
static void write_path(struct str path, struct out *o)
{
	if (path.n == 0 || path.p[0] != '/')
		out_char(o, '/');
	else if (path.n > 1 && path.p[1] == '/')
		out_lit(o, "/.");
	out_str(o, path);
}

static bool is_below(struct str path, struct str top)
{
	return str_starts(path, top) && ends_segment(str_behind(path, top.n));
}

bool naming_map_path(const struct naming *n, struct str path, struct out *o)
{
	struct str rest;

	if (!is_below(path, n->prefix) || n->prefix.n + n->route.n == 0)
		return false;
	rest = str_behind(path, n->prefix.n);
	if (n->route.n == 0) {
		write_path(rest, o);
		return true;
	}
	if (n->prefix.n == 0 && is_below(path, n->route))
		return false;
	out_str(o, n->route);
	out_str(o, rest);
	return true;
}

/* ---- references ---- */

/* "//authority/path"; false: there is no authority. */
static bool read_authority(struct str s, struct reference *ref)
{
	size_t end = 2;

	if (!str_starts(s, STR("//")))
		return false;
	while (end < s.n && !ends_segment(str_behind(s, end)))
		end++;
	ref->authority = str_make(s.p + 2, end - 2);
	ref->tail = str_behind(s, end);
	return true;
}

/* False: of another kind than may name the origin. */
static bool read_reference(struct str s, struct reference *ref)
{
	*ref = (struct reference){.tail = s};
	if (holds(s, '\t') || holds(s, '\\') || s.n == 0)
		return false;
	if (str_starts_nocase(s, STR("http:")))
		ref->scheme = str_make(s.p, 4);
	else if (str_starts_nocase(s, STR("https:")))
		ref->scheme = str_make(s.p, 5);
	else
		return read_authority(s, ref) || s.p[0] == '/';
	return read_authority(str_behind(s, ref->scheme.n + 1), ref);
}

static void write_outside(const struct naming *n, const struct reference *ref,
    struct out *o)
{
	if (n->authority.n == 0)
		return;
	if (ref->scheme.p != NULL) {
		out_str(o, n->scheme);
		out_char(o, ':');
	}
	out_lit(o, "//");
	out_str(o, n->authority);
}

/* Of a URL that names the origin. */
static bool map_inside(const struct naming *n, const struct reference *ref,
    struct out *o)
{
	write_outside(n, ref, o);
	if (naming_map_path(n, ref->tail, o))
		return true;
	if (n->authority.n > 0)
		out_str(o, ref->tail);
	else
		write_path(ref->tail, o);
	return true;
}

/* Of a URL that has the right authority already, or none. */
static bool map_path(const struct naming *n, struct str before,
    struct str path, struct out *o)
{
	size_t start = o->n;

	out_str(o, before);
	if (naming_map_path(n, path, o))
		return true;
	o->n = start;
	return false;
}

bool location_map(const struct naming *n, struct str value, struct out *o)
{
	struct reference ref;
	struct naming_host host;

	if (!read_reference(value, &ref))
		return false;
	if (ref.authority.p == NULL)
		return map_path(n, STR_NONE, ref.tail, o);
	if (!naming_split(ref.authority,
		ref.scheme.p != NULL ? ref.scheme : n->scheme, &host))
		return false;
	if (n->authority.n > 0 && is_same(&host, &n->outside))
		return map_path(n, str_make(value.p, value.n - ref.tail.n),
		    ref.tail, o);
	return is_inside(n, &host) && map_inside(n, &ref, o);
}

/* ---- Refresh ---- */

static struct str skip(struct str s, const char *set, size_t most)
{
	size_t n = 0;

	while (n < s.n && n < most && strchr(set, s.p[n]) != NULL)
		n++;
	return str_behind(s, n);
}

/* Behind "url=", if that is there. */
static struct str skip_label(struct str s)
{
	struct str rest;

	if (!str_starts_nocase(s, STR("url")))
		return s;
	rest = skip(str_behind(s, 3), " \t", s.n);
	if (rest.n == 0 || rest.p[0] != '=')
		return s;
	return skip(str_behind(rest, 1), " \t", s.n);
}

static struct str unquote(struct str s)
{
	const char *end = NULL;

	if (s.n == 0 || (s.p[0] != '"' && s.p[0] != '\''))
		return s;
	end = memchr(s.p + 1, s.p[0], s.n - 1);
	return str_make(s.p + 1,
	    end != NULL ? (size_t)(end - s.p - 1) : s.n - 1);
}

/* The URL of "5; url='http://...'"; it may be empty. */
static struct str refresh_url(struct str value)
{
	struct str rest = skip(value, "0123456789.", value.n);
	struct str url;

	if (rest.n == value.n || rest.n == 0 ||
	    strchr(" \t;,", rest.p[0]) == NULL)
		return STR_NONE;
	rest = skip(rest, " \t", rest.n);
	rest = skip(rest, ";,", 1);
	url = skip_label(skip(rest, " \t", rest.n));
	return unquote(url);
}

bool location_map_refresh(const struct naming *n, struct str value,
    struct out *o)
{
	struct str url = refresh_url(value);
	size_t start = o->n;
	struct str tail;

	if (url.n == 0)
		return false;
	tail = str_behind(value, (size_t)(url.p + url.n - value.p));
	out_bytes(o, value.p, (size_t)(url.p - value.p));
	if (!location_map(n, url, o)) {
		o->n = start;
		return false;
	}
	out_str(o, tail);
	return true;
}
