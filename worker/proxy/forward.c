/*
 * forward.c - what an origin is told of a request's way.
 *
 * Runs in workers, once for each request to an origin:
 *
 *	X-Forwarded-For: 192.0.2.1
 *	X-Forwarded-Proto: http
 *	X-Forwarded-Host: app.example.com
 *	X-Forwarded-Port: 80
 *	X-Request-Id: 2f9c6f0f6f3d4c1e8d3b5a7e9c0d1f22
 *	traceparent: 00-2f9c6f0f6f3d4c1e8d3b5a7e9c0d1f22-5b1d3f7a9c8e6d42-00
 *	Via: 1.1 sluice-0123456789abcdef
 *
 * and, when asked for, Forwarded (RFC 7239), and who the client is by its
 * certificate (credential.c).  All values were made or checked
 * by identity.c; what is not known is left out.  Received fields of these
 * names were dropped there, but for Via: ours is one more behind them (RFC
 * 9110, 7.6.3).
 */
#include "worker/proxy/forward.h"

#include <netinet/in.h>

#include "common/base/insist.h"
#include "common/base/random.h"
#include "worker/proxy/credential.h"
#include "worker/proxy/early.h"
#include "worker/proxy/surrogate.h"

#define SPAN_SIZE 16
#define FIXED 512 /* names, line ends, and values of a fixed size */

struct str forward_fixed_host(const struct exchange *x)
{
	const struct conf_scope *scope = x->scope;

	if (scope->send_host == CONF_HOST_FIXED)
		return str_from(scope->fixed_host);
	if (scope->send_host == CONF_HOST_SERVER ||
	    x->request.authority.n == 0)
		return STR_NONE;
	return x->request.authority;
}

struct str forward_host(const struct exchange *x, const struct conf_server *s)
{
	struct str host = forward_fixed_host(x);

	return host.p != NULL ? host : str_from(s->host);
}

/* ---- connections ---- */

static uint16_t port_of(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;

	if (addr->ss_family == AF_INET)
		return ntohs(v4->sin_port);
	return addr->ss_family == AF_INET6 ? ntohs(v6->sin6_port) : 0;
}

/* As the kernel sees it: nobody else keeps the ports. */
static void take_ends(const struct client *c, struct proxy_header *h)
{
	struct sockaddr_storage from = {.ss_family = AF_UNIX}, to = from;
	socklen_t from_len = sizeof(from), to_len = sizeof(to);
	int fd = c->conn.watch.fd;

	(void)getpeername(fd, (struct sockaddr *)&from, &from_len);
	(void)getsockname(fd, (struct sockaddr *)&to, &to_len);
	h->from = ip_of(&from);
	h->to = ip_of(&to);
	h->from_port = port_of(&from);
	h->to_port = port_of(&to);
}

void forward_ends(const struct exchange *x, struct proxy_header *ends_r)
{
	const struct client *c = x->client;

	if (c->said != NULL)
		*ends_r = *c->said;
	else
		take_ends(c, ends_r);
	ends_r->tells = true;
	if (!ip_eq(&ends_r->from, &x->identity.client)) {
		ends_r->from = x->identity.client;
		ends_r->from_port = 0; /* X-Forwarded-For says none */
	}
}

/* ---- Forwarded ---- */

/* IPv6 in brackets, and what has a colon in quotes. */
static void write_node(struct out *o, struct str address)
{
	bool ip6 = memchr(address.p, ':', address.n) != NULL;

	out_lit(o, "for=");
	if (ip6)
		out_lit(o, "\"[");
	out_str(o, address);
	if (ip6)
		out_lit(o, "]\"");
}

static void write_host(struct out *o, struct str host)
{
	bool token = str_is_token(host);

	out_lit(o, ";host=");
	if (!token)
		out_char(o, '"');
	out_str(o, host);
	if (!token)
		out_char(o, '"');
}

/* The client, with how it asked; then the proxies behind it. */
static void write_forwarded(struct out *o, const struct identity *who)
{
	struct str chain = who->chain;
	struct str address;

	out_lit(o, "Forwarded: ");
	if (str_next_token(&chain, &address))
		write_node(o, address);
	else
		out_lit(o, "for=unknown");
	if (who->host.n > 0)
		write_host(o, who->host);
	out_lit(o, ";proto=");
	out_str(o, who->proto);
	while (str_next_token(&chain, &address)) {
		out_lit(o, ", ");
		write_node(o, address);
	}
	out_lit(o, "\r\n");
}

/* Each address of the chain grows by 8 bytes; none is shorter than "::". */
static size_t forwarded_room(const struct identity *who)
{
	return 6 * who->chain.n + who->host.n + 64;
}

/* ---- all of them ---- */

/* Our id is the name of a trace, too. */
static void write_trace(struct out *o, const struct exchange *x)
{
	char id[IDENTITY_ID_SIZE], span[SPAN_SIZE];
	struct str trace = x->id;

	out_lit(o, "\r\ntraceparent: ");
	if (x->identity.trace.n > 0) {
		out_str(o, x->identity.trace);
		return;
	}
	if (x->id.p != x->identity.id_text) {
		random_hex(id, sizeof(id));
		trace = str_make(id, sizeof(id));
	}
	random_hex(span, sizeof(span));
	out_lit(o, "00-");
	out_str(o, trace);
	out_char(o, '-');
	out_bytes(o, span, sizeof(span));
	out_lit(o, "-00");
}

static void write_lines(struct out *o, const struct exchange *x)
{
	const struct identity *who = &x->identity;

	if (who->chain.n > 0) {
		out_lit(o, "X-Forwarded-For: ");
		out_str(o, who->chain);
		out_lit(o, "\r\n");
	}
	out_lit(o, "X-Forwarded-Proto: ");
	out_str(o, who->proto);
	if (who->host.n > 0) {
		out_lit(o, "\r\nX-Forwarded-Host: ");
		out_str(o, who->host);
	}
	if (who->port.n > 0) {
		out_lit(o, "\r\nX-Forwarded-Port: ");
		out_str(o, who->port);
	}
	out_lit(o, "\r\nX-Request-Id: ");
	out_str(o, x->id);
	write_trace(o, x);
	if (x->request.is_h2)
		out_lit(o, "\r\nVia: 2 ");
	else if (x->request.minor == 0)
		out_lit(o, "\r\nVia: 1.0 ");
	else
		out_lit(o, "\r\nVia: 1.1 ");
	out_str(o, identity_pseudonym());
	out_lit(o, "\r\n");
}

struct str forward_lines(struct exchange *x)
{
	const struct identity *who = &x->identity;
	struct str credential = credential_lines(x);
	struct out o = exchange_out(x, FIXED + credential.n + who->chain.n + who->host.n +
	    x->id.n + who->trace.n +
	    (x->scope->forwarded ? forwarded_room(who) : 0));

	write_lines(&o, x);
	out_str(&o, credential);
	out_str(&o, early_line(x));
	out_str(&o, surrogate_line(x));
	if (x->scope->forwarded)
		write_forwarded(&o, who);
	return out_ok(&o) ? out_text(&o) : STR_NONE;
}
