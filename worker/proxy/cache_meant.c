/*
 * cache_meant.c - which objects of the cache an operator means.
 *
 * Runs in the worker that is asked.  A URL is read by the parser that reads
 * those of clients, and the route that it leads to says what of its query is
 * in the key.
 */
#include "worker/proxy/cache_meant.h"

#include "worker/cache/key.h"
#include "worker/proxy/asked_request.h"
#include "worker/proxy/rewrite.h"
#include "worker/proxy/route.h"

static bool refuse(struct out *why, const char *text)
{
	out_fmt(why, "error: %s\n", text);
	return false;
}

/* What tells requests apart where X goes; of nobody's URL, nothing. */
static const struct conf_cache_key *key_of(struct exchange *x)
{
	static const struct conf_cache_key plain;
	struct reply reply = {.source = NULL};

	if (!route_find_vhost(x) || !rewrite_for_vhost(x, &reply) ||
	    !route_find(x) || x->scope->cache == NULL)
		return &plain;
	return &x->scope->cache->key;
}

static bool write_url(const struct conf *conf, struct str url,
    struct out *memory, struct out *why)
{
	struct asked_request q;
	struct exchange *x;
	struct key_ask ask;
	enum fault fault;

	if (!asked_request_read_url(&q, url))
		return refuse(why, "a URL is needed, with its scheme: "
		    "https://app.example.com/path");
	x = asked_request_begin(conf, &q, &fault);
	if (fault == FAULT_NONE) {
		ask = (struct key_ask){.scheme = q.scheme,
		    .host = q.authority,
		    .path = x->request.forward,
		    .query = x->request.query,
		    .request = &x->request};
		(void)key_write_url(key_of(x), &ask, memory);
	}
	asked_request_end(&x);
	if (fault != FAULT_NONE)
		return refuse(why, fault_text(fault));
	return out_ok(memory) || refuse(why, "the URL is too long");
}

static void write_lower(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		out_char(o, char_lower(s.p[i]));
}

/* "https://App.example.com:443/a": the host in the form of keys, if it ends
 * there; the path as it is, since it may end within a segment. */
static bool write_prefix(struct str text, struct out *memory, struct out *why)
{
	const char *colon = memmem(text.p, text.n, "://", 3);
	const char *slash;
	struct str scheme, host;

	if (colon == NULL)
		return refuse(why, "the prefix of a URL begins with its "
		    "scheme: https://app.example.com/path");
	scheme = str_make(text.p, (size_t)(colon - text.p));
	text = str_behind(text, scheme.n + 3);
	slash = text.n > 0 ? memchr(text.p, '/', text.n) : NULL;
	write_lower(memory, scheme);
	out_lit(memory, "://");
	if (slash == NULL) {
		write_lower(memory, text);
	} else {
		host = str_make(text.p, (size_t)(slash - text.p));
		key_write_host(scheme, host, memory);
		out_str(memory, str_behind(text, host.n));
	}
	return out_ok(memory) || refuse(why, "the URL is too long");
}

static bool write_text(struct str text, bool lower, struct out *memory,
    struct out *why)
{
	if (lower)
		write_lower(memory, text);
	else
		out_str(memory, text);
	if (text.n == 0)
		return refuse(why, "what is meant is missing");
	return out_ok(memory) || refuse(why, "that is too long");
}

static bool write_host(struct str text, struct out *memory, struct out *why)
{
	if (text.n > 0 && memchr(text.p, '/', text.n) != NULL)
		return refuse(why, "a host is a name, without scheme and "
		    "path: app.example.com");
	return write_text(text, true, memory, why);
}

bool cache_meant(const struct conf *conf, struct str *words,
    struct out *memory, struct cache_match *match_r, struct out *why)
{
	struct str kind = STR(""), text = STR("");
	bool ok = true;

	(void)str_next_part(words, '\t', &kind);
	(void)str_next_part(words, '\t', &text);
	*match_r = (struct cache_match){.scope = CACHE_SCOPE_ALL};
	if (str_eq(kind, STR("url"))) {
		match_r->scope = CACHE_SCOPE_URL;
		ok = write_url(conf, text, memory, why);
	} else if (str_eq(kind, STR("prefix"))) {
		match_r->scope = CACHE_SCOPE_PREFIX;
		ok = write_prefix(text, memory, why);
	} else if (str_eq(kind, STR("host"))) {
		match_r->scope = CACHE_SCOPE_HOST;
		ok = write_host(text, memory, why);
	} else if (str_eq(kind, STR("tag"))) {
		match_r->scope = CACHE_SCOPE_TAG;
		ok = write_text(text, false, memory, why);
	} else if (!str_eq(kind, STR("all"))) {
		return refuse(why, "it is not said what is meant");
	}
	match_r->text = out_text(memory);
	return ok;
}

struct str cache_url_of(struct str key)
{
	struct str url = STR("");

	(void)str_next_part(&key, '\n', &url);
	return url;
}
