/*
 * listen.c - the entries of "listen".
 *
 * Runs in the master.
 *
 *	"80" or 80			all addresses, IPv4 and IPv6
 *	"127.0.0.1:80" "[::1]:80"	one address
 *	"http://127.0.0.1:80"		the same, said outright
 *	"https://8443"			with TLS, whatever the vhost says
 *	"h2c://127.0.0.1:8080"		without; HTTP/2 may begin at once
 *	"unix:/run/app.sock"		a socket in the file system
 *
 * A bare port makes two bindings; the one of IPv6 is left out silently where
 * the kernel has none, so that "80" works everywhere.
 */
#include "common/conf/listen.h"

#include <netinet/in.h>

#include "common/base/insist.h"
#include "common/conf/address.h"

#define PER_ENTRY 2

static struct conf_binding *add(struct conf_bindings *bindings,
    const struct conf_spot *spot)
{
	struct conf_binding *binding = &bindings->at[bindings->count];

	INSIST(bindings->count < bindings->room);
	*binding = (struct conf_binding){.spot = *spot};
	return binding;
}

/* Counts the binding that was just filled in, unless it is there already. */
static void keep(struct conf_build *b, struct conf_bindings *bindings)
{
	const struct conf_binding *last = &bindings->at[bindings->count];

	INSIST(last->address.len > 0);
	for (unsigned i = 0; i < bindings->count; i++) {
		if (!conf_address_eq(&bindings->at[i].address, &last->address))
			continue;
		conf_report_error(b->report, &last->spot,
		    "%s is listed twice", last->address.text);
		return;
	}
	bindings->count++;
}

static void add_ip(struct conf_build *b, struct conf_bindings *bindings,
    const struct conf_spot *spot, const char *literal, uint16_t port)
{
	struct conf_binding *binding = add(bindings, spot);
	struct conf_hostport parts = {.host = str_from(literal),
	    .brackets = strchr(literal, ':') != NULL};
	bool ok = conf_address_ip(&b->conf->arena, &parts, port,
	    &binding->address);

	INSIST(ok);
	keep(b, bindings);
}

static void read_unix(struct conf_build *b, const struct conf_spot *spot,
    struct str path, struct conf_bindings *bindings)
{
	struct conf_binding *binding = add(bindings, spot);
	const char *error =
	    conf_address_unix(&b->conf->arena, path, &binding->address);

	if (error != NULL) {
		conf_report_error(b->report, spot, "%s", error);
		conf_report_help(b->report, "write \"unix:/run/app.sock\"");
		return;
	}
	binding->is_unix = true;
	keep(b, bindings);
}

static bool is_mapped(const struct conf_address *address)
{
	const struct sockaddr_in6 *in6 =
	    (const struct sockaddr_in6 *)&address->addr;

	return in6->sin6_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
}

static void help_address(struct conf_build *b,
    const struct conf_hostport *parts, uint16_t port)
{
	if (parts->host.n == 0 || str_eq(parts->host, STR("*")))
		conf_report_help(b->report, "write \"%u\" for all addresses",
		    port);
	else if (str_eq_nocase(parts->host, STR("localhost")))
		conf_report_help(b->report, "write \"127.0.0.1:%u\"", port);
	else
		conf_report_help(b->report, "write a port, or an address and "
		    "a port: \"80\", \"127.0.0.1:80\", \"[::1]:80\"");
}

static void read_ip(struct conf_build *b, const struct conf_spot *spot,
    const struct conf_hostport *parts, struct conf_bindings *bindings)
{
	struct conf_binding *binding = add(bindings, spot);
	uint16_t port;

	if (!conf_address_port(parts->port, &port)) {
		conf_report_error(b->report, spot,
		    "a port is a number from 1 to 65535");
	} else if (!conf_address_ip(&b->conf->arena, parts, port,
	    &binding->address)) {
		conf_report_error(b->report, spot,
		    "\"%" PRI_STR "\" is not an address",
		    ARG_STR(parts->host));
		help_address(b, parts, port);
	} else if (is_mapped(&binding->address)) {
		conf_report_error(b->report, spot,
		    "an IPv4 address written as IPv6");
		conf_report_help(b->report,
		    "write it without \"::ffff:\" and brackets");
	} else {
		keep(b, bindings);
	}
}

static void read_bare_port(struct conf_build *b, const struct conf_spot *spot,
    struct str text, struct conf_bindings *bindings)
{
	uint16_t port;

	if (!conf_address_port(text, &port)) {
		conf_report_error(b->report, spot,
		    "a port is a number from 1 to 65535");
		return;
	}
	add_ip(b, bindings, spot, "0.0.0.0", port);
	if (b->has_ipv6)
		add_ip(b, bindings, spot, "::", port);
}

/* What cannot be cut up, or has no port. */
static void refuse_shape(struct conf_build *b, const struct conf_spot *spot,
    struct str text)
{
	const char *colon = memchr(text.p, ':', text.n);

	conf_report_error(b->report, spot, "\"%" PRI_STR "\" is not an address "
	    "and a port", ARG_STR(text));
	if (colon != NULL && text.p[0] != '[')
		conf_report_help(b->report,
		    "an IPv6 address stands in brackets: \"[::1]:80\"");
	else
		conf_report_help(b->report, "write a port, or an address and "
		    "a port: \"80\", \"127.0.0.1:80\", \"[::1]:80\"");
}

static bool is_number(struct str text)
{
	size_t n = 0;

	while (n < text.n && char_is_digit(text.p[n]))
		n++;
	return n == text.n && n > 0;
}

static bool takes_scheme(struct str *text, struct str scheme)
{
	if (!str_starts_nocase(*text, scheme))
		return false;
	*text = str_behind(*text, scheme.n);
	return true;
}

/* Room for PER_ENTRY bindings is there. */
static void read_entry(struct conf_build *b, const struct conf_spot *spot,
    struct str text, struct conf_bindings *bindings)
{
	enum conf_scheme scheme = CONF_SCHEME_NONE;
	unsigned before = bindings->count;
	struct conf_hostport parts;

	if (takes_scheme(&text, STR("unix:"))) {
		read_unix(b, spot, text, bindings);
		return;
	}
	if (takes_scheme(&text, STR("https://")))
		scheme = CONF_SCHEME_HTTPS;
	else if (takes_scheme(&text, STR("http://")))
		scheme = CONF_SCHEME_HTTP;
	else if (takes_scheme(&text, STR("h2c://")))
		scheme = CONF_SCHEME_H2C;
	if (is_number(text))
		read_bare_port(b, spot, text, bindings);
	else if (conf_address_split(text, &parts) && parts.port.p != NULL)
		read_ip(b, spot, &parts, bindings);
	else
		refuse_shape(b, spot, text);
	for (; before < bindings->count; before++)
		bindings->at[before].scheme = scheme;
}

static void make_room(struct conf_build *b, struct conf_bindings *bindings,
    unsigned entries)
{
	INSIST(entries > 0);
	bindings->count = 0;
	bindings->room = entries * PER_ENTRY;
	bindings->at =
	    ARENA_ARRAY(b->scratch, struct conf_binding, bindings->room);
}

void conf_listen_read_defaults(struct conf_build *b,
    const struct conf_spot *spot)
{
	make_room(b, &b->bindings, 1);
	read_entry(b, spot, STR("80"), &b->bindings);
	make_room(b, &b->tls_bindings, 2);
	read_entry(b, spot, STR("80"), &b->tls_bindings);
	read_entry(b, spot, STR("443"), &b->tls_bindings);
}

void conf_listen_read_tcp(struct conf_build *b,
    const config_setting_t *setting, struct conf_bindings *bindings_r)
{
	conf_listen_read(b, setting, bindings_r);
	for (unsigned i = 0; i < bindings_r->count; i++) {
		struct conf_binding *binding = &bindings_r->at[i];

		if (binding->scheme != CONF_SCHEME_NONE)
			conf_report_error(b->report, &binding->spot,
			    "an address of \"tcp\" has no scheme");
		binding->scheme = CONF_SCHEME_TCP;
	}
}

void conf_listen_read_text(struct conf_build *b, const struct conf_spot *spot,
    const char *text, struct conf_bindings *bindings_r)
{
	make_room(b, bindings_r, 1);
	read_entry(b, spot, str_from(text), bindings_r);
}

void conf_listen_read(struct conf_build *b, const config_setting_t *setting,
    struct conf_bindings *bindings_r)
{
	unsigned count = conf_tree_item_count(setting);

	make_room(b, bindings_r, count);
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);
		const struct conf_spot *spot = conf_tree_spot(item);

		if (conf_tree_refused(item))
			continue;
		if (item->type == CONFIG_TYPE_STRING)
			read_entry(b, spot, str_from(conf_tree_text(item)),
			    bindings_r);
		else
			read_bare_port(b, spot, conf_spot_text(spot),
			    bindings_r);
	}
}
