/*
 * cookies.c - the cookies of an origin, as its clients must get them.
 *
 * Runs in workers, once for each Set-Cookie.  Its attributes are looked at one
 * by one and stay, change where they stand, or go; flags of ours come behind
 * them, and then no received one of that kind stays, because readers take the
 * last of several.  What is not an attribute of ours to judge is copied byte
 * by byte.
 *
 *	id=42; Domain=10.0.0.11; Path=/base/app; Secure
 *	|      | goes            | Path=/app     | stays
 *	| the pair: always stays
 *
 * Invariant: a cookie whose name begins with "__Host-" stays a valid one: it
 * never gets a Domain or another Path.
 */
#include "worker/proxy/cookies.h"

#include "common/conf/path.h"

#define FLAGS_MAX sizeof("; Secure; HttpOnly; SameSite=Strict")

struct attribute {
	struct str text;  /* between two semicolons, as it is */
	struct str name;  /* trimmed */
	struct str value; /* trimmed; "" without "=" */
};

/* What is done to one cookie. */
struct edit {
	const struct naming *naming;
	const struct conf_cookies *conf; /* NULL: the defaults */
	bool is_host; /* its name begins with "__Host-" */
	bool changed;
	bool has_secure;
	bool has_http_only;
};

/* Up to the next semicolon; *REST moves behind it.  False at the end. */
static bool next_text(struct str *rest, struct str *text_r)
{
	const char *end;

	if (rest->p == NULL)
		return false;
	end = rest->n > 0 ? memchr(rest->p, ';', rest->n) : NULL;
	*text_r = str_make(rest->p,
	    end != NULL ? (size_t)(end - rest->p) : rest->n);
	*rest = end != NULL ? str_make(end + 1, rest->n - text_r->n - 1)
			    : STR_NONE;
	return true;
}

static struct attribute split(struct str text)
{
	const char *sign = text.n > 0 ? memchr(text.p, '=', text.n) : NULL;
	size_t n = sign != NULL ? (size_t)(sign - text.p) : text.n;
	struct attribute a = {.text = text,
	    .name = str_trim(str_make(text.p, n)),
	    .value = str_make(text.p + n, 0)};

	if (sign != NULL)
		a.value = str_trim(str_make(sign + 1, text.n - n - 1));
	return a;
}

/* ---- Domain ---- */

/* Is HOST in DOMAIN?  RFC 6265bis, 5.1.3. */
static bool is_in_domain(struct str host, struct str domain)
{
	size_t before;

	if (host.n < domain.n)
		return false;
	before = host.n - domain.n;
	return str_eq_nocase(str_make(host.p + before, domain.n), domain) &&
	    (before == 0 || host.p[before - 1] == '.');
}

/* One that clients are not in, but the origin is: for clients no cookie would
 * come of it. */
static bool names_origin(const struct naming *n, struct str domain)
{
	if (domain.n > 0 && domain.p[0] == '.')
		domain = str_behind(domain, 1);
	if (domain.n == 0 || is_in_domain(n->outside.host, domain))
		return false;
	for (unsigned i = 0; i < n->inside_count; i++)
		if (is_in_domain(n->inside[i].host, domain))
			return true;
	return false;
}

static bool map_domain(struct edit *e, const struct attribute *a,
    struct out *o)
{
	if (!names_origin(e->naming, a->value))
		return false;
	e->changed = true;
	if (e->conf == NULL || e->conf->domain == NULL || e->is_host)
		return true;
	out_lit(o, "; Domain=");
	out_str(o, str_from(e->conf->domain));
	return true;
}

/* ---- Path ---- */

/* What is put before PATH: what the operator wants, or else the route that
 * requests lose.  "/" is for the whole site even so: pages at other places of
 * it read such cookies. */
static struct str path_before(const struct edit *e, struct str path)
{
	if (e->conf != NULL && e->conf->path != NULL)
		return str_from(e->conf->path);
	return path.n > 1 ? e->naming->route : STR("");
}

/* Its place may be left out: "/app" and "/" are "/app". */
static void write_path(struct str before, struct str path, struct out *o)
{
	out_lit(o, "; Path=");
	out_str(o, before);
	if (before.n == 0 || path.n > 1)
		out_str(o, path.n > 0 ? path : STR("/"));
}

/* A path is compared with those of requests byte by byte, so nothing of it is
 * made nicer. */
static bool map_path(struct edit *e, const struct attribute *a, struct out *o)
{
	struct str prefix = e->naming->prefix;
	struct str path = a->value;
	bool below = prefix.n > 0 && conf_path_is_below(path, prefix);
	struct str before;

	if (path.n == 0 || path.p[0] != '/' || e->is_host)
		return false;
	if (below)
		path = str_behind(path, prefix.n);
	before = path_before(e, path);
	if (!below && (before.n == 0 || conf_path_is_below(path, before)))
		return false;
	e->changed = true;
	write_path(before, path, o);
	return true;
}

/* ---- flags ---- */

struct str cookie_same_site(const struct conf_cookies *conf)
{
	if (conf == NULL)
		return STR_NONE;
	switch (conf->same_site) {
	case CONF_SAME_SITE_ORIGIN:
		break;
	case CONF_SAME_SITE_LAX:
		return STR("Lax");
	case CONF_SAME_SITE_STRICT:
		return STR("Strict");
	case CONF_SAME_SITE_NONE:
		return STR("None");
	}
	return STR_NONE;
}

static void add_flags(struct edit *e, struct out *o)
{
	struct str same_site = cookie_same_site(e->conf);
	size_t start = o->n;

	if (e->conf == NULL)
		return;
	if (e->conf->secure && !e->has_secure)
		out_lit(o, "; Secure");
	if (e->conf->http_only && !e->has_http_only)
		out_lit(o, "; HttpOnly");
	if (same_site.n > 0) {
		out_lit(o, "; SameSite=");
		out_str(o, same_site);
	}
	e->changed = e->changed || o->n > start;
}

/* ---- the whole ---- */

/* True: A was dealt with, and what becomes of it was appended. */
static bool map_attribute(struct edit *e, const struct attribute *a,
    struct out *o)
{
	if (str_eq_nocase(a->name, STR("Domain")))
		return map_domain(e, a, o);
	if (str_eq_nocase(a->name, STR("Path")))
		return map_path(e, a, o);
	if (str_eq_nocase(a->name, STR("SameSite")))
		return cookie_same_site(e->conf).n > 0;
	if (str_eq_nocase(a->name, STR("Secure")))
		e->has_secure = true;
	else if (str_eq_nocase(a->name, STR("HttpOnly")))
		e->has_http_only = true;
	return false;
}

/* A pair without "=" is a cookie without a name. */
static bool is_removed(const struct conf_cookies *conf,
    const struct attribute *pair)
{
	if (conf == NULL || pair->text.n == 0 ||
	    memchr(pair->text.p, '=', pair->text.n) == NULL)
		return false;
	for (unsigned i = 0; i < conf->remove_count; i++)
		if (str_eq(pair->name, str_from(conf->remove[i])))
			return true;
	return false;
}

enum cookie_fate cookie_map(const struct naming *n,
    const struct conf_cookies *conf, struct str value, struct out *o)
{
	struct edit e = {.naming = n, .conf = conf};
	size_t start = o->n;
	struct attribute a;
	struct str text;

	if (!next_text(&value, &text))
		return COOKIE_KEPT;
	a = split(text);
	if (is_removed(conf, &a))
		return COOKIE_REMOVED;
	e.is_host = str_starts_nocase(a.name, STR("__Host-"));
	out_str(o, text);
	while (next_text(&value, &text)) {
		a = split(text);
		if (map_attribute(&e, &a, o))
			continue;
		out_char(o, ';');
		out_str(o, text);
	}
	add_flags(&e, o);
	if (!e.changed)
		o->n = start;
	return e.changed ? COOKIE_CHANGED : COOKIE_KEPT;
}

/* Each of its attributes may become ours: the shortest of them that do are
 * ";Domain=a" and ";Path=/". */
size_t cookie_room(const struct naming *n, const struct conf_cookies *conf,
    struct str value)
{
	size_t each = n->route.n + 4;

	if (conf != NULL && conf->path != NULL)
		each += strlen(conf->path);
	if (conf != NULL && conf->domain != NULL)
		each += strlen(conf->domain);
	return value.n + FLAGS_MAX + (value.n / sizeof(";Path=") + 1) * each;
}

/* ---- ours ---- */

void cookie_write_ours(const struct conf_cookies *conf, bool tls, usec_t ttl,
    struct out *o)
{
	struct str same_site = cookie_same_site(conf);

	out_lit(o, "; Path=/; HttpOnly; SameSite=");
	out_str(o, same_site.n > 0 ? same_site : STR("Lax"));
	if (tls || (conf != NULL && conf->secure))
		out_lit(o, "; Secure");
	if (ttl > 0) {
		out_lit(o, "; Max-Age=");
		out_u64(o, (uint64_t)(ttl / USEC_PER_SEC));
	}
}
