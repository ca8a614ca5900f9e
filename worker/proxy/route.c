/*
 * route.c - who is meant by a request.
 *
 * Only the normalised path and the validated host are looked at: what was
 * matched is what is forwarded.  But origins do not all read it so: a path that
 * some of them would take for one of another route ("/admin%2Fx") could get
 * there past that route's rules, and is refused.
 */
#include "worker/proxy/route.h"

#include "worker/http/path.h"
#include "worker/proxy/condition.h"

/* Do both show the same certificates, and want the same of clients? */
static bool speak_alike(const struct conf_tls *a, const struct conf_tls *b)
{
	if (a == b)
		return true;
	return a != NULL && b != NULL && a->pair_count == b->pair_count &&
	    a->client_cert == b->client_cert &&
	    a->min_version == b->min_version &&
	    memcmp(a->pairs, b->pairs,
		a->pair_count * sizeof(*a->pairs)) == 0 &&
	    str_eq(a->client_ca, b->client_ca);
}

/*
 * Over TLS: was the connection made for V, or for a vhost that it could as
 * well have been?  Else nobody has told the client that it speaks to V, and
 * nobody has asked the client for what V wants (RFC 9110, 7.4).
 */
static bool is_meant(const struct client *c, const struct conf_vhost *v)
{
	return c->vhost == NULL || c->vhost == v ||
	    speak_alike(c->vhost->tls, v->tls);
}

bool route_find_vhost(struct exchange *x)
{
	const struct conf_listener *l = x->client->listener;
	const struct conf_vhost *v = conf_names_find(&l->names, x->request.host);
	enum method method = x->request.method;

	if (v == NULL)
		exchange_fail(x, END_unknown_host);
	else if (!is_meant(x->client, v))
		exchange_fail(x, END_misdirected);
	if (x->end != END_NONE)
		return false;
	x->vhost = v;
	x->scope = x->vhost->scope;
	if (method == METHOD_CONNECT || method == METHOD_TRACE)
		exchange_fail(x, END_method_refused);
	return x->end == END_NONE;
}

static bool is_met(const struct exchange *x, const struct conf_route *route)
{
	for (unsigned i = 0; i < route->condition_count; i++)
		if (!condition_holds(x, &route->conditions[i]))
			return false;
	return true;
}

/* Does ROUTE, on whose way PATH is, take the request? */
static bool takes(struct exchange *x, const struct conf_route *route,
    struct str path)
{
	enum conf_match match;

	if (!is_met(x, route))
		return false;
	if (route->pattern == NULL)
		return true;
	match = conf_pattern_match(route->pattern, path, NULL);
	if (match == CONF_MATCH_TOO_HARD)
		exchange_fail(x, END_pattern_too_hard);
	return match == CONF_MATCH;
}

/* The route of a request for PATH, or NULL. */
static const struct conf_route *find(struct exchange *x, struct str path)
{
	struct conf_walk walk = conf_walk_begin(&x->vhost->ways, path);
	const struct conf_route *route;

	do
		route = conf_walk_next(&walk);
	while (route != NULL && x->end == END_NONE && !takes(x, route, path));
	return route;
}

/*
 * "//a/b" is the path "/b" of a host "a" to who takes a target for a reference
 * (RFC 3986, 4.2).  Nobody means that, so it matters only when it would not
 * lead to a wider route.
 */
static bool is_hidden_by_host(struct exchange *x)
{
	struct str path = x->request.path;
	const struct conf_route *route;
	const char *slash;

	if (!str_starts(x->request.forward, STR("//")))
		return false;
	slash = memchr(path.p + 1, '/', path.n - 1);
	if (slash == NULL)
		return false;
	route = find(x, str_make(slash, (size_t)(path.p + path.n - slash)));
	return route != NULL && route != x->route &&
	    (route->pattern != NULL ||
		!str_starts(x->route->path, route->path));
}

/* Would careless readers take the path for one of another route? */
static enum fault check_other_readings(struct exchange *x)
{
	struct str loose;
	enum fault fault;

	if (x->vhost->route_count == 1)
		return FAULT_NONE;
	fault = path_loosen(x->request.path, &x->arena, &loose);
	if (fault == FAULT_NONE && loose.p != x->request.path.p &&
	    find(x, loose) != x->route)
		fault = FAULT_path_elsewhere;
	if (fault == FAULT_NONE && is_hidden_by_host(x))
		fault = FAULT_path_elsewhere;
	return fault;
}

bool route_find(struct exchange *x)
{
	enum fault fault;

	x->route = find(x, x->request.path);
	if (x->end == END_NONE && x->route == NULL)
		exchange_fail(x, END_no_route);
	if (x->end != END_NONE)
		return false;
	x->routed = x->request.path;
	x->scope = x->route->scope;
	x->pool = x->route->pool;
	if (!x->scope->websocket)
		x->request.upgrade = STR_NONE;
	fault = check_other_readings(x);
	if (fault != FAULT_NONE)
		exchange_refuse(x, fault);
	return x->end == END_NONE;
}
