/*
 * staple_fetch.c - an OCSP response, fetched from its responder.
 *
 * Runs in workers, on a fiber of its own.  A POST over plain HTTP, as nearly
 * all certificates say (RFC 6960, A.1): what comes is signed, and over HTTPS it
 * would be a certificate that has to be checked first.  The URL was written by
 * the issuer, not by the operator: it is held to what a request may contain.
 */
#include "worker/staple_fetch.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "common/conf/address.h"
#include "worker/http/talk.h"
#include "worker/ocsp.h"
#include "worker/origin/lookup.h"

#define ADDRESSES 4 /* that are tried */
#define REQUEST_MAX 1024
#define HEAD_MAX 2048
#define REPLY_HEAD_MAX ((size_t)8 * 1024)
#define MEMORY ((size_t)8 * 1024) /* for most heads of replies */
#define MEMORY_MORE ((size_t)32 * 1024)

struct target {
	struct str authority;
	struct str host;
	struct str path;
	uint16_t port;
};

/* Too large for a stack. */
struct work {
	X509 *cert;
	X509 *issuer;
	struct target target;
	usec_t deadline;
	char request[REQUEST_MAX];
	char head[HEAD_MAX];
	char memory[MEMORY];
	size_t answer_n;
	char answer[STAPLE_MAX + 1];
};

/* ---- the URL ---- */

static bool is_clean(struct str url)
{
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] >= 0x7f || url.p[i] == '#' ||
		    url.p[i] == '@')
			return false;
	return true;
}

static bool read_url(struct str url, struct target *t)
{
	struct conf_hostport parts;
	const char *slash;

	if (!is_clean(url) || !str_starts_nocase(url, STR("http://")))
		return false;
	url = str_behind(url, 7);
	slash = memchr(url.p, '/', url.n);
	t->authority = url;
	t->path = STR("/");
	if (slash != NULL) {
		t->authority.n = (size_t)(slash - url.p);
		t->path = str_behind(url, t->authority.n);
	}
	if (!conf_address_split(t->authority, &parts) || parts.host.n == 0 ||
	    parts.host.n > NAMES_LENGTH_MAX)
		return false;
	t->host = parts.host;
	t->port = 80;
	return parts.port.p == NULL ||
	    conf_address_port(parts.port, &t->port);
}

/* ---- the way there ---- */

static socklen_t address_of(const struct ip *ip, uint16_t port,
    struct sockaddr_storage *addr)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;

	memset(addr, 0, sizeof(*addr));
	addr->ss_family = ip->family;
	if (ip->family == AF_INET) {
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, ip->bytes, sizeof(v4->sin_addr));
		return sizeof(*v4);
	}
	v6->sin6_port = htons(port);
	memcpy(&v6->sin6_addr, ip->bytes, sizeof(v6->sin6_addr));
	return sizeof(*v6);
}

static enum staple_fault connect_fault(int err)
{
	if (err == -ENOMEM || err == -EMFILE || err == -ENFILE)
		return STAPLE_no_memory;
	return err == -ETIMEDOUT ? STAPLE_deadline : STAPLE_connect;
}

/* To the first of its addresses that takes a connection. */
WAITS static enum staple_fault reach(struct work *w, struct conn *conn)
{
	struct ip ips[ADDRESSES];
	unsigned count = 1;
	enum staple_fault fault = STAPLE_no_address;

	if (!ip_parse(w->target.host, &ips[0]))
		count = lookup(w->target.host, ips, ADDRESSES);
	w->deadline = loop_now() + STAPLE_FETCH_PATIENCE;
	for (unsigned i = 0; i < count && fault != STAPLE_FINE; i++) {
		struct sockaddr_storage addr;
		socklen_t n = address_of(&ips[i], w->target.port, &addr);
		usec_t share = (w->deadline - loop_now()) / (count - i);
		int err = conn_connect(conn, (struct sockaddr *)&addr, n,
		    loop_now() + share);

		fault = err == 0 ? STAPLE_FINE : connect_fault(err);
	}
	return fault;
}

/* ---- the talk ---- */

static bool take(void *arg, struct str piece)
{
	struct work *w = arg;
	size_t room = sizeof(w->answer) - w->answer_n;

	if (piece.n > room)
		piece.n = room;
	memcpy(w->answer + w->answer_n, piece.p, piece.n);
	w->answer_n += piece.n;
	return w->answer_n <= STAPLE_MAX;
}

/* False: no memory, or the URL is longer than any is. */
static bool write_question(struct work *w, struct talk *t)
{
	struct out body = out_make(w->request, sizeof(w->request));
	struct out head = out_make(w->head, sizeof(w->head));

	if (!ocsp_request(w->cert, w->issuer, &body))
		return false;
	out_lit(&head, "POST ");
	out_str(&head, w->target.path);
	out_lit(&head, " HTTP/1.1\r\nHost: ");
	out_str(&head, w->target.authority);
	out_lit(&head, "\r\nContent-Type: application/ocsp-request\r\n"
		       "Content-Length: ");
	out_u64(&head, body.n);
	out_lit(&head, "\r\nUser-Agent: sluice-ocsp\r\n"
		       "Connection: close\r\n\r\n");
	t->head = out_text(&head);
	t->body = out_text(&body);
	return out_ok(&head);
}

static enum staple_fault talk_fault(const struct work *w, const struct talk *t,
    int err)
{
	if (err == -EPROTO)
		return STAPLE_malformed;
	if (err == -ETIMEDOUT)
		return STAPLE_deadline;
	if (t->reply.status >= 200 && t->reply.status != 200)
		return STAPLE_http;
	if (w->answer_n > STAPLE_MAX || err == -EMSGSIZE)
		return STAPLE_large;
	if (err == -ENOMEM)
		return STAPLE_no_memory;
	return err < 0 ? STAPLE_broken : STAPLE_FINE;
}

WAITS static enum staple_fault ask(struct work *w, struct conn *conn)
{
	struct talk t = {.method = METHOD_POST,
	    .deadline = w->deadline,
	    .header_max = REPLY_HEAD_MAX,
	    .body_max = STAPLE_MAX,
	    .take = take,
	    .arg = w};
	struct arena arena;
	int err;

	if (!write_question(w, &t))
		return STAPLE_no_memory;
	arena_init_bounded(&arena, w->memory, MEMORY, MEMORY_MORE);
	err = talk(&t, conn, &arena);
	arena_free(&arena);
	return talk_fault(w, &t, err);
}

WAITS static void fetch(struct work *w, struct str url,
    struct staple_outcome *o)
{
	struct conn conn;

	o->fault = STAPLE_no_address;
	if (!read_url(url, &w->target))
		return;
	o->fault = reach(w, &conn);
	if (o->fault != STAPLE_FINE)
		return;
	o->fault = ask(w, &conn);
	conn_close(&conn);
	if (o->fault == STAPLE_FINE)
		ocsp_judge(w->cert, w->issuer,
		    str_make(w->answer, w->answer_n), clock_wall(), o);
}

void staple_fetch(X509 *cert, X509 *issuer, struct str url,
    struct staple_outcome *outcome_r)
{
	struct work *w = malloc(sizeof(*w));

	outcome_r->fault = STAPLE_no_memory;
	if (w == NULL)
		return;
	w->cert = cert;
	w->issuer = issuer;
	w->answer_n = 0;
	fetch(w, url, outcome_r);
	free(w);
}
