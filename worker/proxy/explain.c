/*
 * explain.c - what would become of a request, and why.
 *
 * Runs in workers, on the loop's own stack, when an operator asks.  The
 * question is made a request head and read by the parser that reads all
 * others; vhost, rewriting and route are found by the functions that find them
 * for all others.  Only the telling is here.
 */
#include "worker/proxy/explain.h"

#include "common/base/insist.h"
#include "common/conf/address.h"
#include "common/conf/network.h"
#include "worker/http/head.h"
#include "worker/origin/members.h"
#include "worker/proxy/answer.h"
#include "worker/proxy/condition.h"
#include "worker/proxy/explain_losers.h"
#include "worker/proxy/explain_splits.h"
#include "worker/proxy/forward.h"
#include "worker/proxy/rewrite.h"
#include "worker/proxy/route.h"
#include "worker/proxy/split.h"

#define HEAD_SIZE ((size_t)16 * 1024)
#define MEMORY_SIZE ((size_t)64 * 1024)

struct question {
	struct str method;
	struct str scheme;
	struct str authority;
	struct str target;
	struct str from;
	struct ip client;  /* the same */
	struct str fields; /* tab-separated */
};

/* Up to the next tab; *REST moves behind it. */
static struct str next_word(struct str *rest)
{
	struct str word = STR("");

	(void)str_next_part(rest, '\t', &word);
	return word;
}

/* The bytes of S before a "/" or "?", or all. */
static size_t authority_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '/' && s.p[n] != '?')
		n++;
	return n;
}

static bool read_url(struct question *q, struct str url)
{
	static const struct str schemes[] = {STR("http://"), STR("https://"),
	    STR("tcp://")};
	size_t n;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!str_starts(url, schemes[i]))
			continue;
		q->scheme = str_make(schemes[i].p, schemes[i].n - 3);
		url = str_behind(url, schemes[i].n);
		n = authority_length(url);
		q->authority = str_make(url.p, n);
		q->target = str_behind(url, n);
		return n > 0;
	}
	return false;
}

/* False: *WHY_R says what is wrong. */
static bool read_question(struct question *q, struct str text,
    const char **why_r)
{
	*q = (struct question){.scheme = STR("")};
	q->method = next_word(&text);
	*why_r = "a URL is missing: write it with its scheme, "
		 "http://app.example.com/path";
	if (!read_url(q, next_word(&text)))
		return false;
	q->from = next_word(&text);
	*why_r = "--from is not an address";
	q->fields = text;
	return ip_parse(q->from, &q->client);
}

/* The head that a client would send. */
static struct out write_head(const struct question *q, char *memory)
{
	struct out o = out_make(memory, HEAD_SIZE);
	struct str fields = q->fields;

	out_str(&o, q->method);
	out_char(&o, ' ');
	if (q->target.n == 0 || q->target.p[0] != '/')
		out_char(&o, '/');
	out_str(&o, q->target);
	out_lit(&o, " HTTP/1.1\r\nHost: ");
	out_str(&o, q->authority);
	while (fields.n > 0) {
		out_lit(&o, "\r\n");
		out_str(&o, next_word(&fields));
	}
	out_lit(&o, "\r\n\r\n");
	return o;
}

/* ---- where it arrives ---- */

/* The address that the URL's port means, or the first. */
static const struct conf_listener *find_listener(const struct conf *conf,
    const struct question *q)
{
	struct str port = conf_address_port_in(q->authority);

	if (port.n == 0)
		port = str_eq(q->scheme, STR("https")) ? STR("443") : STR("80");
	for (unsigned i = 0; i < conf->listener_count; i++) {
		const struct conf_listener *l = &conf->listeners[i];

		if (!l->is_unix &&
		    str_eq(conf_address_port_in(str_from(l->address.text)),
			port))
			return l;
	}
	return &conf->listeners[0];
}

/* ---- telling ---- */

static void tell_place(struct out *o, const struct conf_place *place)
{
	out_fmt(o, "  (%s:%u)\n", place->file, place->line);
}

static void tell_vhost(struct out *o, const struct exchange *x)
{
	const struct conf_listener *l = x->client->listener;

	out_fmt(o, "listener  %s\n", l->address.text);
	if (x->vhost == NULL) {
		out_fmt(o, "vhost     none: no vhost there has \"%" PRI_STR
			   "\": it is answered 421\n",
		    ARG_STR(x->request.host));
		return;
	}
	out_fmt(o, "vhost     %s", x->vhost->name);
	tell_place(o, &x->vhost->place);
}

static void tell_rewriting(struct out *o, const struct exchange *x,
    struct str before)
{
	if (x->rule == NULL && x->request.path.p == before.p)
		return;
	if (x->rule != NULL && x->rule->status != 0) {
		out_lit(o, "rewrite   by a rule that sends the client away");
		tell_place(o, &x->rule->place);
		return;
	}
	out_fmt(o, "%s%" PRI_STR " -> %" PRI_STR,
	    x->rule != NULL ? "rewrite   " : "strip     ", ARG_STR(before),
	    ARG_STR(x->request.path));
	if (x->request.query.n > 0)
		out_fmt(o, "?%" PRI_STR, ARG_STR(x->request.query));
	if (x->rule != NULL)
		tell_place(o, &x->rule->place);
	else
		out_char(o, '\n');
}

static void tell_mirror(struct out *o, const struct conf_mirror *mirror)
{
	if (mirror != NULL)
		out_fmt(o, "mirror    %s, %u of a hundred\n",
		    mirror->pool->name, mirror->percent);
}

/* REPLY is ours. */
static void tell_answer(struct out *o, const struct reply *reply)
{
	const struct h1_simple *ours = &reply->ours;

	out_fmt(o, "answer    HTTP/1.1 %u %" PRI_STR "\n", ours->status,
	    ARG_STR(h1_reason(ours->status)));
	for (unsigned i = 0; i < ours->extra_count; i++)
		if (str_eq(ours->extra[i].name, STR("Location")))
			out_fmt(o, "answer    Location: %" PRI_STR "\n",
			    ARG_STR(ours->extra[i].value));
}

static void tell_end(struct out *o, const struct exchange *x)
{
	out_fmt(o, "answer    %u, end=%s", end_status(x->end),
	    end_name(x->end));
	if (x->fault != FAULT_NONE)
		out_fmt(o, " (%s)", fault_text(x->fault));
	out_char(o, '\n');
}

static void tell_addresses(struct out *o, const struct conf_server *s)
{
	if (s->name == NULL)
		return;
	out_lit(o, "addresses ");
	members_write(s, o);
	out_char(o, '\n');
}

static void tell_pool(struct out *o, struct exchange *x)
{
	const struct conf_pool *pool = x->pool;

	out_fmt(o, "pool      %s\n", pool->name);
	tell_mirror(o, x->route->mirror);
	for (unsigned i = 0; i < pool->server_count; i++) {
		const struct conf_server *s = &pool->servers[i];
		struct str host = forward_host(x, s);

		out_fmt(o, "forwards  %" PRI_STR " %s%" PRI_STR,
		    ARG_STR(x->request.method_text), s->prefix,
		    ARG_STR(x->request.forward));
		if (x->request.query.p != NULL)
			out_fmt(o, "?%" PRI_STR, ARG_STR(x->request.query));
		out_fmt(o, " to %s, Host: %" PRI_STR "\n", s->address.text,
		    ARG_STR(host));
		tell_addresses(o, s);
	}
}

/* Of a vhost that only passes bytes on: true. */
static bool tell_bytes(struct out *o, struct exchange *x)
{
	const struct conf_listener *l = x->client->listener;
	const struct conf_vhost *v =
	    conf_names_find(&l->names, x->request.host);
	const struct conf_pool *pool;

	if (v == NULL || (!v->tcp && !v->passthrough))
		return false;
	x->vhost = v;
	tell_vhost(o, x);
	pool = v->routes[0].pool;
	out_fmt(o, "passes    %s\n", v->passthrough ? "TLS, to who has the "
	    "certificate" : l->tls ? "bytes, out of TLS" : "bytes");
	out_fmt(o, "pool      %s\n", pool->name);
	for (unsigned i = 0; i < pool->server_count; i++) {
		out_fmt(o, "forwards  to %s%s\n", pool->servers[i].address.text,
		    pool->servers[i].https ? ", by TLS" : "");
		tell_addresses(o, &pool->servers[i]);
	}
	return true;
}

static void tell_route(struct out *o, const struct exchange *x)
{
	if (x->route == NULL)
		return;
	out_fmt(o, "route     %" PRI_STR "%s", ARG_STR(x->route->path),
	    x->route->is_exact ? " exactly" : "");
	tell_place(o, &x->route->place);
}

/* The way of a request, as serve.c goes it, but for the last step. */
static void go(struct exchange *x, struct out *o)
{
	struct reply reply = {.source = NULL};
	struct str before = x->request.path;
	bool on;

	if (tell_bytes(o, x))
		return;
	on = route_find_vhost(x);
	tell_vhost(o, x);
	on = on && !answer_elsewhere(x, &reply) &&
	    rewrite_for_vhost(x, &reply);
	tell_rewriting(o, x, before);
	on = on && route_find(x);
	tell_route(o, x);
	before = x->request.path;
	x->rule = NULL;
	if (on || x->end == END_no_route)
		explain_losers(x, o);
	on = on && split_choose(x);
	if (on)
		explain_splits(x, o);
	on = on && rewrite_for_route(x, &reply);
	tell_rewriting(o, x, before);
	if (on && x->route->answer != NULL)
		answer_make(x, &reply);
	if (x->end != END_NONE)
		tell_end(o, x);
	else if (reply.is_ours)
		tell_answer(o, &reply);
	else if (on)
		tell_pool(o, x);
}

/* X becomes a request that was just read; its body is not asked about. */
static enum fault read_request(struct exchange *x, const struct question *q,
    struct str head)
{
	enum fault fault = head_parse_request(head,
	    &x->client->listener->scope->limits.head, &x->arena, &x->request);

	x->scope = x->client->listener->scope;
	x->identity.client = q->client;
	x->identity.address = q->from;
	x->identity.proto = q->scheme;
	x->identity.host = q->authority;
	x->body.done = true;
	return fault;
}

static void tell(const struct conf *conf, const struct question *q,
    struct out *answer)
{
	static char head_memory[HEAD_SIZE];
	static char memory[MEMORY_SIZE];
	static struct exchange x;
	struct client client = {.listener = find_listener(conf, q)};
	struct out head = write_head(q, head_memory);
	enum fault fault;

	x = (struct exchange){.client = &client};
	arena_init_bounded(&x.arena, memory, sizeof(memory), EXCHANGE_MORE);
	x.identity.believed = conf_networks_hold(&conf->trusted, &q->client);
	fault = out_ok(&head) ? read_request(&x, q, out_text(&head))
			      : FAULT_head_large;
	if (fault == FAULT_NONE)
		go(&x, answer);
	else
		out_fmt(answer, "answer    %u: %s\n", fault_status(fault),
		    fault_text(fault));
	arena_free(&x.arena);
}

bool explain(const struct conf *conf, struct str text, struct out *answer)
{
	struct question q;
	const char *why;
	bool ok = read_question(&q, text, &why);

	if (ok)
		tell(conf, &q, answer);
	else
		out_fmt(answer, "error: %s\n", why);
	return ok;
}
