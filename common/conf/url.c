/*
 * url.c - the URL of a server.
 *
 * Runs in the master.  Literal addresses, localhost (which is 127.0.0.1), unix
 * sockets, and names, which workers make addresses of (worker/origin).
 */
#include "common/conf/url.h"

#include "common/conf/address.h"
#include "common/conf/name.h"
#include "common/conf/path.h"

struct url {
	struct conf_build *b;
	const struct conf_spot *spot;
	struct conf_server *server;
	bool is_service; /* srv+http:// */
	uint16_t port;	 /* by default; 0: there is none */
};

/* What a URL begins with. */
static const struct scheme {
	struct str text;
	uint16_t port;
	bool https;
	bool tcp;
	bool is_service;
} schemes[] = {
    {{"http://", 7}, 80, false, false, false},
    {{"https://", 8}, 443, true, false, false},
    {{"tcp://", 6}, 0, false, true, false},
    {{"tls://", 6}, 0, true, true, false},
    {{"srv+http://", 11}, 0, false, false, true},
    {{"srv+https://", 12}, 0, true, false, true},
};

#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static bool read_unix(struct url *u, struct str path)
{
	struct arena *a = &u->b->conf->arena;
	const char *error = conf_address_unix(a, path, &u->server->address);

	if (error == NULL) {
		u->server->host = "localhost";
		u->server->prefix = "";
		return true;
	}
	conf_report_error(u->b->report, u->spot, "%s", error);
	conf_report_help(u->b->report, "write \"unix:/run/app.sock\"");
	return false;
}

static bool is_dotted_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!char_is_digit(s.p[i]) && s.p[i] != '.')
			return false;
	return s.n > 0;
}

static void refuse_host(struct url *u, const struct conf_hostport *parts)
{
	struct conf_report *r = u->b->report;

	conf_report_error(r, u->spot,
	    "\"%" PRI_STR "\" is neither an address nor a name",
	    ARG_STR(parts->host));
	conf_report_help(r, "write it like \"http://10.0.0.11:8080\", "
	    "\"http://[2001:db8::11]:8080\" or "
	    "\"http://app.internal:8080\"");
}

/* One with a dot at its end is whole: no search domain is added. */
static bool is_name(const struct conf_hostport *parts)
{
	struct str name = parts->host;

	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	return !parts->brackets && conf_name_is_dns(name) &&
	    !is_dotted_number(name);
}

static bool read_name(struct url *u, const struct conf_hostport *parts,
    uint16_t port)
{
	struct arena *a = &u->b->conf->arena;
	char *name = arena_strdup(a, parts->host);

	for (char *p = name; *p != '\0'; p++)
		*p = char_lower(*p);
	u->server->name = name;
	u->server->port = port;
	u->server->address = (struct conf_address){.text = u->server->host};
	return true;
}

/* Whoever has a service says its port. */
static bool read_service(struct url *u, const struct conf_hostport *parts)
{
	struct conf_report *r = u->b->report;

	u->server->is_service = true;
	if (!is_name(parts)) {
		conf_report_error(r, u->spot,
		    "\"%" PRI_STR "\" is not the name of a service",
		    ARG_STR(parts->host));
	} else if (parts->port.p != NULL) {
		conf_report_error(r, u->spot,
		    "a service has no port here: its SRV records say it");
	} else {
		return read_name(u, parts, 0);
	}
	conf_report_help(r,
	    "write it like \"srv+http://_http._tcp.app.internal\"");
	return false;
}

static bool read_host(struct url *u, struct conf_hostport *parts)
{
	uint16_t port = u->port;

	if (u->is_service)
		return read_service(u, parts);
	if (parts->port.p == NULL && port == 0) {
		conf_report_error(u->b->report, u->spot,
		    "a server with tcp:// or tls:// needs a port");
		return false;
	}
	if (parts->port.p != NULL && !conf_address_port(parts->port, &port)) {
		conf_report_error(u->b->report, u->spot,
		    "a port is a number from 1 to 65535");
		return false;
	}
	if (str_eq_nocase(parts->host, STR("localhost")))
		parts->host = STR("127.0.0.1");
	if (conf_address_ip(&u->b->conf->arena, parts, port,
	    &u->server->address))
		return true;
	if (is_name(parts))
		return read_name(u, parts, port);
	refuse_host(u, parts);
	return false;
}

static bool read_authority(struct url *u, struct str authority)
{
	struct conf_report *r = u->b->report;
	struct conf_hostport parts;

	if (str_starts_nocase(authority, STR("unix:"))) {
		conf_report_error(r, u->spot, "a unix socket has no http://");
		conf_report_help(r, "write \"unix:/run/app.sock\"");
		return false;
	}
	if (memchr(authority.p, '@', authority.n) != NULL) {
		conf_report_error(r, u->spot,
		    "a server's URL holds no user and password");
		return false;
	}
	if (!conf_address_split(authority, &parts)) {
		conf_report_error(r, u->spot,
		    "\"%" PRI_STR "\" is not an address and a port",
		    ARG_STR(authority));
		conf_report_help(r, "an IPv6 address stands in brackets: "
		    "\"http://[::1]:3000\"");
		return false;
	}
	u->server->host = arena_strdup(&u->b->conf->arena, authority);
	return read_host(u, &parts);
}

static bool read_prefix(struct url *u, struct str path)
{
	u->server->prefix = "";
	if (path.n == 0 || str_eq(path, STR("/")))
		return true;
	if (u->server->tcp) {
		conf_report_error(u->b->report, u->spot,
		    "a server with tcp:// or tls:// has no path");
		return false;
	}
	if (!conf_path_check(u->b->report, u->spot, path))
		return false;
	u->server->prefix =
	    arena_strdup(&u->b->conf->arena, conf_path_trim(path));
	return true;
}

static bool read_http(struct url *u, struct str rest)
{
	const char *slash = rest.n > 0 ? memchr(rest.p, '/', rest.n) : NULL;
	size_t n = slash ? (size_t)(slash - rest.p) : rest.n;

	return read_authority(u, str_make(rest.p, n)) &&
	    read_prefix(u, str_behind(rest, n));
}

/* An address to which only the scheme is missing? */
static bool lacks_scheme(struct str url)
{
	const char *slash = memchr(url.p, '/', url.n);
	struct conf_hostport parts;
	uint16_t ignored;

	if (slash != NULL)
		url.n = (size_t)(slash - url.p);
	return url.n > 0 && conf_address_split(url, &parts) &&
	    (parts.port.p == NULL || conf_address_port(parts.port, &ignored));
}

static void refuse_scheme(struct url *u, struct str url)
{
	struct conf_report *r = u->b->report;
	struct str port = url.p[0] == ':' ? str_behind(url, 1) : url;
	uint16_t ignored;

	conf_report_error(r, u->spot,
	    "a server's URL begins with http://, https://, tcp:// or unix:");
	if (conf_address_port(port, &ignored))
		conf_report_help(r, "write \"http://127.0.0.1:%" PRI_STR "\"",
		    ARG_STR(port));
	else if (url.p[0] == '/')
		conf_report_help(r, "write \"unix:%" PRI_STR "\"",
		    ARG_STR(url));
	else if (lacks_scheme(url))
		conf_report_help(r, "write \"http://%" PRI_STR "\"",
		    ARG_STR(url));
}

bool conf_url_read(struct conf_build *b, const struct conf_spot *spot,
    struct str url, struct conf_server *server_r)
{
	struct url u = {.b = b, .spot = spot, .server = server_r};

	server_r->url = arena_strdup(&b->conf->arena, url);
	server_r->place = conf_spot_place(spot);
	if (str_starts_nocase(url, STR("unix:")))
		return read_unix(&u, str_behind(url, 5));
	for (size_t i = 0; i < SCHEMES; i++) {
		const struct scheme *scheme = &schemes[i];

		if (!str_starts_nocase(url, scheme->text))
			continue;
		u.is_service = scheme->is_service;
		u.port = scheme->port;
		server_r->https = scheme->https;
		server_r->tcp = scheme->tcp;
		return read_http(&u, str_behind(url, scheme->text.n));
	}
	refuse_scheme(&u, url);
	return false;
}
