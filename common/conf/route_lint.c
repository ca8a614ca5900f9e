/*
 * route_lint.c - what is odd among the routes of a vhost.
 *
 * Runs in the master.  Conservative: only what is so for every request is
 * told.
 */
#include "common/conf/route_lint.h"

#include "common/conf/path.h"
#include "common/conf/value.h"
#include "common/conf/when.h"

/* ---- routes that can never match ---- */

bool conf_route_takes_all(const struct conf_route *a,
    const struct conf_route *b)
{
	bool same = str_eq(a->path, b->path) && a->is_exact == b->is_exact &&
	    (a->pattern == NULL) == (b->pattern == NULL);

	if (same)
		return conf_when_eq(a, b);
	if (b->pattern == NULL || b->is_first || a->pattern != NULL ||
	    a->is_exact || a->condition_count > 0 || a->path.n == 1)
		return false;
	return b->pattern->literal.start.n > a->path.n &&
	    conf_path_is_below(b->pattern->literal.start, a->path);
}

/* Of two that take the same, is A asked first? */
static bool is_before(const struct conf_route *a, const struct conf_route *b)
{
	if (a->is_first != b->is_first)
		return a->is_first;
	if ((a->pattern == NULL) != (b->pattern == NULL))
		return a->pattern == NULL;
	return a < b;
}

void conf_route_check_reachable(struct conf_build *b,
    const struct conf_vhost *v, const struct conf_route *route,
    const struct conf_spot *spot)
{
	for (unsigned i = 0; i < v->route_count; i++) {
		const struct conf_route *other = &v->routes[i];
		bool above = route->pattern != NULL && other->pattern == NULL;

		if (other == route || !is_before(other, route) ||
		    !conf_route_takes_all(other, route))
			continue;
		conf_report_lint(b->report, LINT_unreachable_route, spot,
		    "this route can never match: line %u has %s",
		    other->place.line, above ? "a path above it"
			: route->pattern != NULL ? "the same pattern"
						 : "the same path");
		if (above)
			conf_report_help(b->report, "paths are tried before "
			    "patterns: give it first = true;");
		else
			conf_report_help(b->report, "remove one of the two");
		return;
	}
}

/* Patterns are not looked into. */
void conf_route_check_path(struct conf_build *b, const struct conf_route *route,
    const struct conf_spot *spot)
{
	if (route->pattern != NULL || !conf_path_is_loose(route->path))
		return;
	conf_report_error(b->report, spot,
	    "every request for this path is refused: some origins read "
	    "another one in it");
	conf_report_help(b->report, "they decode it, cut a segment at \";\", "
	    "or drop dots at its end: write a path without");
}

/* ---- redirects that lead to themselves ---- */

/* The path that a redirect leads to, whatever the request; "" when it depends
 * on that, or leads to another host. */
static struct str fixed_path(const struct conf_template *to)
{
	struct str text;
	size_t n = 0;

	if (to->count != 1 || to->parts[0].id != CONF_PART_TEXT)
		return STR("");
	text = to->parts[0].text;
	while (n < text.n && text.p[n] != '?' && text.p[n] != '#')
		n++;
	return text.p[0] == '/' ? str_make(text.p, n) : STR("");
}

static bool leads_to_itself(const struct conf_vhost *v,
    const struct conf_route *route)
{
	const struct conf_template *to = &route->answer->to;
	struct str path = fixed_path(to);

	if (to->count == 1 && to->parts[0].id == CONF_NAME_path)
		return true;
	return path.n > 0 && conf_find_route(v, path) == route;
}

void conf_route_check_loop(struct conf_build *b, const struct conf_vhost *v,
    const struct conf_route *route, const struct conf_spot *spot)
{
	if (route->answer == NULL || !route->answer->is_redirect ||
	    !leads_to_itself(v, route))
		return;
	conf_report_lint(b->report, LINT_redirect_loop, spot,
	    "this route redirects to itself");
	conf_report_help(b->report, "the client would come back for ever; is "
	    "path_exact meant, or another path?");
}
