/*
 * explain.c - what would become of a request, and why.
 *
 * Runs in workers, on the loop's own stack, when an operator asks.  The
 * question is made a request (asked_request.h); vhost, rewriting and route are
 * found by the functions that find them for all others.  Only the telling is
 * here.
 */
#include "worker/proxy/explain.h"

#include "worker/origin/members.h"
#include "worker/proxy/answer.h"
#include "worker/proxy/asked_request.h"
#include "worker/proxy/condition.h"
#include "worker/proxy/explain_cache.h"
#include "worker/proxy/explain_losers.h"
#include "worker/proxy/explain_splits.h"
#include "worker/proxy/forward.h"
#include "worker/proxy/rewrite.h"
#include "worker/proxy/route.h"
#include "worker/proxy/split.h"

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

/* The way of a request, as serve.c goes it, but for the last step.  OF_CACHE:
 * and what the cache says to that. */
static void go(struct exchange *x, bool of_cache, struct out *o)
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
	if (of_cache && on && x->end == END_NONE && !reply.is_ours)
		explain_caching(x, o);
}

static bool tell(const struct conf *conf, struct str text, bool of_cache,
    struct out *answer)
{
	struct asked_request q;
	enum fault fault;
	struct exchange *x;
	const char *why;

	if (!asked_request_read(&q, text, &why)) {
		out_fmt(answer, "error: %s\n", why);
		return false;
	}
	x = asked_request_begin(conf, &q, &fault);
	if (fault == FAULT_NONE)
		go(x, of_cache, answer);
	else
		out_fmt(answer, "answer    %u: %s\n", fault_status(fault),
		    fault_text(fault));
	asked_request_end(&x);
	return true;
}

bool explain(const struct conf *conf, struct str text, struct out *answer)
{
	return tell(conf, text, false, answer);
}

bool explain_cache(const struct conf *conf, struct str text,
    struct out *answer)
{
	return tell(conf, text, true, answer);
}
