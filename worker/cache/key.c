/*
 * key.c - the text that a resource is stored under.
 *
 * Runs in workers, at each lookup.  One line a part, so that nothing of one
 * part can be taken for another: none of them can hold a LF.
 *
 *	https://app.example.com:8443/list?page=2	the URL
 *	=pool-b						who answers
 *	@10.0.0.7					Host, if it is another
 *	ccurrency=eur					cookies of key.cookies
 *	hx-country:de					fields of key.headers
 *
 * Parameters that are ignored are taken out of the query; the others keep their
 * order, which may mean something.  Host is in every key, and whatever a
 * trusted proxy says it was at the front is beside it.
 */
#include "worker/cache/key.h"

#include <string.h>

#include "common/base/insist.h"
#include "worker/cache/glob.h"
#include "worker/cache/vary.h"
#include "worker/http/cookie.h"

/* ---- the URL ---- */

/* Cuts ":8080" off *HOST; "" if there is none. */
static struct str cut_port(struct str *host)
{
	size_t n = host->n;
	struct str port;

	while (n > 0 && char_is_digit(host->p[n - 1]))
		n--;
	if (n == 0 || host->p[n - 1] != ':')
		return STR("");
	port = str_behind(*host, n);
	host->n = n - 1;
	return port;
}

void key_write_host(struct str scheme, struct str host, struct out *o)
{
	struct str port = cut_port(&host);
	struct str usual =
	    str_eq_nocase(scheme, STR("https")) ? STR("443") : STR("80");

	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	out_lower(o, host);
	while (port.n > 0 && port.p[0] == '0')
		port = str_behind(port, 1);
	if (port.n == 0 || str_eq(port, usual))
		return;
	out_char(o, ':');
	out_str(o, port);
}

/* Some origins take ";" for "&": "utm_x=1;id=2" is more than it seems, and what
 * is said behind it must not be answered to who did not say it. */
static bool is_ignored(const struct conf_cache_names *names,
    struct str parameter)
{
	struct str name = STR("");

	if (parameter.n > 0 && memchr(parameter.p, ';', parameter.n) != NULL)
		return false;
	(void)str_next_part(&parameter, '=', &name);
	return glob_match_any(names, name);
}

/* A query of which nothing is left is none. */
static void write_query(struct out *o, const struct conf_cache_names *ignored,
    struct str query)
{
	bool first = true;
	struct str part;

	if (query.n == 0 || ignored->count == 0) {
		out_char(o, '?');
		out_str(o, query);
		return;
	}
	while (str_next_part(&query, '&', &part)) {
		if (is_ignored(ignored, part))
			continue;
		out_char(o, first ? '?' : '&');
		out_str(o, part);
		first = false;
	}
}

bool key_write_url(const struct conf_cache_key *conf,
    const struct key_ask *ask, struct out *o)
{
	out_lower(o, ask->scheme);
	out_lit(o, "://");
	key_write_host(ask->scheme, ask->host, o);
	out_str(o, ask->path);
	if (ask->query.p != NULL)
		write_query(o, &conf->ignore_query, ask->query);
	return out_ok(o);
}

/* ---- what else ---- */

/* The Host that is forwarded, unless it is that of the URL, which is at URL. */
static void write_other_host(struct out *o, const struct key_ask *ask,
    size_t url)
{
	struct str authority = ask->request->authority;
	size_t start = o->n;
	const char *asked = o->p + url + ask->scheme.n + sizeof("://") - 1;
	size_t n;

	if (authority.p == ask->host.p && authority.n == ask->host.n)
		return;
	out_char(o, '@');
	key_write_host(ask->scheme, authority, o);
	n = o->n - start - 1;
	if (out_ok(o) && memcmp(asked, o->p + start + 1, n) == 0 &&
	    asked[n] == '/')
		o->n = start;
	else
		out_char(o, '\n');
}

static void write_cookie(struct out *o, const struct message *request,
    struct str name)
{
	char separator = '=';

	out_char(o, 'c');
	out_str(o, name);
	for (unsigned i = 0; i < request->field_count; i++) {
		struct str list = field_value(&request->fields[i]);
		struct str value;

		if (request->fields[i].id != FIELD_cookie)
			continue;
		while (cookie_next(&list, name, &value)) {
			out_char(o, separator);
			out_str(o, value);
			separator = ';';
		}
	}
	out_char(o, '\n');
}

static void write_field(struct out *o, const struct message *request,
    struct str name)
{
	out_char(o, 'h');
	out_str(o, name);
	out_char(o, ':');
	if (!vary_write_value(request, name, o) && out_ok(o))
		o->n--;
	out_char(o, '\n');
}

bool key_write(const struct conf_cache_key *conf, const struct key_ask *ask,
    struct out *o)
{
	size_t url = o->n;

	INSIST(ask->path.n > 0 && ask->path.p[0] == '/');
	INSIST(ask->place.n == 0 ||
	    memchr(ask->place.p, '\n', ask->place.n) == NULL);
	(void)key_write_url(conf, ask, o);
	out_char(o, '\n');
	if (ask->place.n > 0) {
		out_char(o, '=');
		out_str(o, ask->place);
		out_char(o, '\n');
	}
	write_other_host(o, ask, url);
	for (unsigned i = 0; i < conf->cookies.count; i++)
		write_cookie(o, ask->request, conf->cookies.at[i]);
	for (unsigned i = 0; i < conf->headers.count; i++)
		write_field(o, ask->request, conf->headers.at[i]);
	return out_ok(o);
}
