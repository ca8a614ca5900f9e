/*
 * rewrite.c - what becomes of a path.
 *
 * Runs in workers, on the exchange's fiber; waits for nothing.  Rules see the
 * normalised path, and what they make of it is normalised again: a rule can't
 * make a path that no request could have.  A path that was rewritten goes on
 * from there, and never back to the first rule.
 *
 * Of 200 rules 199 can't match, and a glance at the path tells (literal.h):
 * so their number hardly costs.
 */
#include "worker/proxy/rewrite.h"

#include "common/base/insist.h"
#include "common/conf/value.h"
#include "worker/http/path.h"
#include "worker/http/scan.h"
#include "worker/proxy/answer.h"
#include "worker/proxy/expand.h"

static bool overloaded(struct exchange *x)
{
	exchange_fail(x, END_overloaded);
	return false;
}

/* The part of TO before its "?", which goes to *QUERY_R. */
static struct str cut_query(struct str to, struct str *query_r)
{
	const char *mark = memchr(to.p, '?', to.n);
	size_t n = mark != NULL ? (size_t)(mark - to.p) : to.n;

	*query_r = mark != NULL ? str_make(mark + 1, to.n - n - 1) : STR_NONE;
	return str_make(to.p, n);
}

/* With one slash at its front: a rule may take that off, and what begins with
 * two is somebody's host to careless readers. */
static struct str with_slash(struct exchange *x, struct str path)
{
	size_t slashes = 0;
	struct out o;

	while (slashes < path.n && path.p[slashes] == '/')
		slashes++;
	if (slashes > 0)
		return str_make(path.p + slashes - 1, path.n - slashes + 1);
	o = exchange_out(x, path.n + 1);
	out_char(&o, '/');
	out_str(&o, path);
	return out_ok(&o) ? out_text(&o) : STR_NONE;
}

static bool set_path(struct exchange *x, struct str path)
{
	struct message *m = &x->request;
	enum fault fault;

	path = with_slash(x, path);
	if (path.p == NULL)
		return overloaded(x);
	fault = path_normalise(path, &x->arena, &m->forward, &m->path);
	if (fault != FAULT_NONE)
		exchange_refuse(x, fault);
	return fault == FAULT_NONE;
}

/* A target with "?" sets the query; else it is kept. */
static bool set_target(struct exchange *x, struct str to)
{
	struct str query;
	struct str path = cut_query(to, &query);

	if (!path_may_have_query(query)) {
		exchange_refuse(x, FAULT_target);
		return false;
	}
	if (query.p != NULL)
		x->request.query = query.n > 0 ? query : STR_NONE;
	return set_path(x, path);
}

/* The bytes of TO before its query or fragment. */
static size_t path_length(struct str to)
{
	size_t n = 0;

	while (n < to.n && to.p[n] != '?' && to.p[n] != '#')
		n++;
	return n;
}

/* What matched is replaced by TO; what is before and behind it stays, and a
 * query comes last. */
static struct str replace(struct exchange *x, const struct conf_rule *rule,
    const struct conf_captures *c, struct str to)
{
	struct str path = x->request.path;
	struct str matched = c->at[0];
	size_t before = (size_t)(matched.p - path.p);
	struct str behind = str_make(matched.p + matched.n,
	    path.n - before - matched.n);
	size_t n = path_length(to);
	struct out o;

	INSIST(before <= path.n && matched.n <= path.n - before);
	if (rule->match == NULL || (before == 0 && behind.n == 0))
		return to;
	o = exchange_out(x, path.n + to.n);
	out_bytes(&o, path.p, before);
	out_bytes(&o, to.p, n);
	out_str(&o, behind);
	out_bytes(&o, to.p + n, to.n - n);
	return out_ok(&o) ? out_text(&o) : STR_NONE;
}

/* RULE matched with C.  False: answered, or failed. */
static bool apply(struct exchange *x, const struct conf_rule *rule,
    const struct conf_captures *c, struct reply *reply)
{
	struct str to = expand(x, &rule->to, c, CONF_FILL_URL);
	bool is_url = conf_value_is_url(&rule->to);

	if (to.p == NULL)
		return false;
	if (!is_url)
		to = replace(x, rule, c, to);
	if (to.p == NULL)
		return overloaded(x);
	x->rule = rule;
	if (rule->status == 0)
		return set_target(x, to);
	answer_redirect(x, rule->status, to, is_url, reply);
	return false;
}

/* Without a pattern of its own, that of the route, or the whole path. */
static enum conf_match match(const struct exchange *x,
    const struct conf_rule *rule, struct conf_captures *c)
{
	const struct conf_pattern *pattern = rule->match;

	if (pattern == NULL && x->route != NULL)
		pattern = x->route->pattern;
	if (pattern != NULL)
		return conf_pattern_match(pattern, x->request.path, c);
	*c = (struct conf_captures){.count = 1, .at = {x->request.path}};
	return CONF_MATCH;
}

static bool apply_all(struct exchange *x, const struct conf_rules *rules,
    struct reply *reply)
{
	struct conf_captures captures;

	for (unsigned i = 0; i < rules->count; i++) {
		const struct conf_rule *rule = &rules->at[i];
		enum conf_match matched = match(x, rule, &captures);

		if (matched == CONF_MATCH_TOO_HARD) {
			exchange_fail(x, END_pattern_too_hard);
			return false;
		}
		if (matched == CONF_NO_MATCH)
			continue;
		if (!apply(x, rule, &captures, reply))
			return false;
		if (!rule->goes_on)
			break;
	}
	return true;
}

bool rewrite_for_vhost(struct exchange *x, struct reply *reply)
{
	return apply_all(x, &x->vhost->rules, reply);
}

/* The forwarded path without as many segments as the route's path has, empty
 * ones passed by: "//api/a//b" is "/a//b" for "/api". */
static struct str without_route(const struct exchange *x)
{
	struct str rest = x->request.forward;
	size_t left = scan_count(x->route->path.p, x->route->path.n, '/');

	if (x->route->path.n == 1)
		return rest;
	for (; left > 0; left--) {
		const char *slash;

		while (rest.n > 0 && rest.p[0] == '/')
			rest.p++, rest.n--;
		slash = memchr(rest.p, '/', rest.n);
		if (slash == NULL)
			return STR("/");
		rest.n -= (size_t)(slash - rest.p);
		rest.p = slash;
	}
	return rest;
}

bool rewrite_for_route(struct exchange *x, struct reply *reply)
{
	if (x->route->strip && !set_path(x, without_route(x)))
		return false;
	return apply_all(x, &x->route->rules, reply);
}
