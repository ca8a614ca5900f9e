/*
 * explain_losers.c - why the other routes did not take a request.
 *
 * Runs in workers, on the loop's own stack.  A route loses because its path
 * or pattern does not fit, because a condition does not hold, or because the
 * winner is tried before it.
 */
#include "worker/proxy/explain_losers.h"

#include "common/conf/path.h"
#include "worker/proxy/condition.h"

#define LOSERS_MAX 50

static bool fits(const struct exchange *x, const struct conf_route *route)
{
	struct str path = x->request.path;

	if (route->pattern != NULL)
		return conf_pattern_match(route->pattern, path, NULL) ==
		    CONF_MATCH;
	if (route->is_exact)
		return str_eq(path, route->path);
	return conf_path_is_below(path, route->path);
}

static const struct conf_condition *first_unmet(const struct exchange *x,
    const struct conf_route *route)
{
	for (unsigned i = 0; i < route->condition_count; i++)
		if (!condition_holds(x, &route->conditions[i]))
			return &route->conditions[i];
	return NULL;
}

static void tell_condition(struct out *o, const struct conf_condition *c)
{
	static const char *const kinds[] = {"method", "header", "query",
	    "cookie", "from"};

	out_fmt(o, "needs %s", kinds[c->kind]);
	if (c->name.n > 0)
		out_fmt(o, " %" PRI_STR, ARG_STR(c->name));
	for (unsigned i = 0; i < c->value_count; i++)
		out_fmt(o, "%s%" PRI_STR, i > 0 ? " or "
		    : c->name.n > 0 ? "=" : " ", ARG_STR(c->values[i]));
}

/* It would have taken it, if WINNER were not before it. */
static const char *order(const struct conf_route *winner,
    const struct conf_route *loser)
{
	if (winner->is_first)
		return "the other pattern has first = true";
	if (winner->pattern != NULL && loser->pattern != NULL)
		return "the other pattern stands before it";
	if (loser->pattern != NULL)
		return "paths are tried before patterns";
	if (winner->pattern != NULL)
		return "patterns are tried before the path /";
	if (winner->is_exact && !loser->is_exact)
		return "the other path fits exactly";
	if (winner->path.n > loser->path.n)
		return "the other path is longer";
	if (winner->condition_count > loser->condition_count)
		return "the other one has more conditions";
	return "the other one stands before it";
}

static void tell_loser(struct out *o, const struct exchange *x,
    const struct conf_route *route)
{
	const struct conf_condition *unmet;

	out_fmt(o, "  not %" PRI_STR ": ", ARG_STR(route->path));
	if (!fits(x, route)) {
		out_str(o, route->pattern != NULL
			? STR("the pattern does not match")
			: STR("another path"));
	} else {
		unmet = first_unmet(x, route);
		if (unmet != NULL)
			tell_condition(o, unmet);
		else
			out_str(o, str_from(order(x->route, route)));
	}
	out_fmt(o, "  (%s:%u)\n", route->place.file, route->place.line);
}

void explain_losers(const struct exchange *x, struct out *answer)
{
	const struct conf_vhost *v = x->vhost;
	unsigned losers = v->route_count - (x->route != NULL);
	unsigned told = 0;

	for (unsigned i = 0; i < v->route_count; i++) {
		if (&v->routes[i] == x->route)
			continue;
		if (told++ == LOSERS_MAX) {
			out_fmt(answer, "  and %u routes more\n",
			    losers - LOSERS_MAX);
			return;
		}
		tell_loser(answer, x, &v->routes[i]);
	}
}
