/*
 * route.c - which request goes where.
 *
 * Runs in the master.  A route is a path, or a pattern, and perhaps more that
 * must hold (when.c), with one action.  What is odd among them: route_lint.c.
 */
#include "common/conf/route.h"

#include <stdlib.h>

#include "common/base/insist.h"
#include "common/conf/answer.h"
#include "common/conf/cache.h"
#include "common/conf/client_cert.h"
#include "common/conf/mirror.h"
#include "common/conf/path.h"
#include "common/conf/pool.h"
#include "common/conf/regex.h"
#include "common/conf/route_lint.h"
#include "common/conf/rules.h"
#include "common/conf/scope.h"
#include "common/conf/settings.h"
#include "common/conf/split.h"
#include "common/conf/when.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Which way in: one of them. */
static const enum conf_setting paths[] = {SETTING_ROUTE_path,
    SETTING_ROUTE_path_exact, SETTING_ROUTE_path_regex};

/* What a route can do: one of them, or a split between pools. */
static const enum conf_setting actions[] = {SETTING_ROUTE_pool,
    SETTING_ROUTE_proxy, SETTING_ROUTE_root, SETTING_ROUTE_redirect,
    SETTING_ROUTE_respond, SETTING_ROUTE_compose};

static unsigned count_given(const config_setting_t *group,
    const enum conf_setting *ids, size_t count)
{
	unsigned given = 0;

	for (size_t i = 0; i < count; i++)
		given += conf_setting_given(group, ids[i]);
	return given;
}

/* ---- actions ---- */

static bool check_one_action(struct conf_build *b,
    const config_setting_t *group, const struct conf_splits *splits)
{
	unsigned given = count_given(group, actions, COUNT_OF(actions)) +
	    splits->choose;

	if (given == 1)
		return true;
	if (given == 0 && splits->count > 0) {
		conf_report_error(b->report, conf_tree_spot(group),
		    "this route does nothing: the arms of its split have no "
		    "pools");
		conf_report_help(b->report, "give each arm a pool, or the "
		    "route pool = \"NAME\"; for all of them");
	} else if (given == 0) {
		conf_report_error(b->report, conf_tree_spot(group),
		    "this route does nothing");
		conf_report_help(b->report,
		    "give it pool = \"NAME\"; or proxy = %s;",
		    conf_setting_rows[SETTING_ROUTE_proxy].example);
	} else {
		conf_report_error(b->report, conf_tree_spot(group),
		    "a route does one thing only");
		conf_report_help(b->report,
		    splits->choose ? "the split chooses its pool: leave it "
		    "that, or arms without pools"
		    : "leave it one of \"pool\", \"proxy\", \"redirect\" "
		    "and \"respond\"");
	}
	return false;
}

/* False: reported. */
static bool read_action(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *group, struct conf_route *route)
{
	const config_setting_t *pool =
	    conf_setting_get(group, SETTING_ROUTE_pool);
	const config_setting_t *proxy =
	    conf_setting_get(group, SETTING_ROUTE_proxy);
	const config_setting_t *redirect =
	    conf_setting_get(group, SETTING_ROUTE_redirect);
	const config_setting_t *respond =
	    conf_setting_get(group, SETTING_ROUTE_respond);

	if (!conf_splits_read(b, draft, group, route))
		return false;
	if (pool != NULL)
		route->pool = conf_pool_find(b, draft, pool);
	if (proxy != NULL)
		route->pool = conf_pool_read_proxy(b, draft, proxy);
	if (redirect != NULL)
		route->answer = conf_answer_read_redirect(b, redirect,
		    route->pattern);
	if (respond != NULL)
		route->answer = conf_answer_read_respond(b, respond,
		    route->pattern);
	return check_one_action(b, group, &route->splits) &&
	    (route->pool != NULL || route->answer != NULL ||
		route->splits.choose);
}

/* ---- paths ---- */

static bool check_one_path(struct conf_build *b, const config_setting_t *group)
{
	unsigned given = count_given(group, paths, COUNT_OF(paths));

	if (given == 1)
		return true;
	if (given == 0) {
		conf_report_error(b->report, conf_tree_spot(group),
		    "a route needs \"path\"");
		conf_report_help(b->report,
		    "path = \"/\"; is for all that no other route takes");
	} else {
		conf_report_error(b->report, conf_tree_spot(group),
		    "a route has one path only");
		conf_report_help(b->report, "leave it one of \"path\", "
		    "\"path_exact\" and \"path_regex\"");
	}
	return false;
}

/* TEXT NULL: refused already. */
static bool read_path(struct conf_build *b, const config_setting_t *group,
    enum conf_setting id, struct conf_route *route)
{
	const char *text = conf_setting_text(group, id);
	struct str path;

	if (text == NULL || !conf_path_check(b->report,
	    conf_setting_spot(group, id), str_from(text)))
		return false;
	path = conf_path_trim(str_from(text));
	route->path = str_make(arena_strdup(&b->conf->arena, path), path.n);
	return true;
}

static bool read_pattern(struct conf_build *b, const config_setting_t *group,
    struct conf_route *route)
{
	const char *text = conf_setting_text(group, SETTING_ROUTE_path_regex);

	if (text == NULL)
		return false;
	route->pattern = conf_regex_read(b,
	    conf_setting_spot(group, SETTING_ROUTE_path_regex),
	    str_from(text));
	if (route->pattern != NULL)
		route->path = route->pattern->text;
	return route->pattern != NULL;
}

static void check_first(struct conf_build *b, const config_setting_t *group,
    const struct conf_route *route)
{
	if (!route->is_first || route->pattern != NULL)
		return;
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_ROUTE_first),
	    "\"first\" is for \"path_regex\" only");
	conf_report_help(b->report,
	    "of paths the longest wins, wherever it stands");
}

static bool read_way(struct conf_build *b, const config_setting_t *group,
    struct conf_route *route)
{
	bool exact = conf_setting_given(group, SETTING_ROUTE_path_exact);
	bool ok = check_one_path(b, group);

	route->is_exact = exact;
	route->is_first = conf_setting_bool(group, SETTING_ROUTE_first);
	if (conf_setting_given(group, SETTING_ROUTE_path_regex))
		ok &= read_pattern(b, group, route);
	if (conf_setting_given(group, SETTING_ROUTE_path))
		ok &= read_path(b, group, SETTING_ROUTE_path, route);
	if (exact)
		ok &= read_path(b, group, SETTING_ROUTE_path_exact, route);
	if (ok)
		check_first(b, group, route);
	return ok;
}

/* ---- routes ---- */

/* What is of a connection, whichever its routes. */
static void check_limits(struct conf_build *b, const config_setting_t *group)
{
	const config_setting_t *limits =
	    conf_setting_get(group, SETTING_ROUTE_limits);

	for (int i = 0; i < SETTING_END; i++) {
		enum conf_setting id = (enum conf_setting)i;

		if (!conf_scope_is_of_connection(id) ||
		    conf_setting_get(limits, id) == NULL)
			continue;
		conf_report_error(b->report, conf_setting_spot(limits, id),
		    "\"%s\" is of a connection, not of a route",
		    conf_setting_rows[i].key);
		conf_report_help(b->report,
		    "write it into limits of the vhost, or of sluiced.conf");
	}
}

static const struct conf_scope *read_scope(struct conf_build *b,
    const struct conf_draft *draft, const config_setting_t *group)
{
	struct conf_layers layers = conf_layers_over(&draft->layers, group);
	const struct conf_scope *scope;

	if (!conf_scope_is_written(group))
		return draft->vhost->scope;
	check_limits(b, group);
	scope = conf_scope_read(b, &layers);
	if (conf_setting_given(group, SETTING_ROUTE_client_cert))
		conf_client_cert_check(b, draft, &layers);
	return scope;
}

static bool check_strip(struct conf_build *b, const config_setting_t *group,
    const struct conf_route *route)
{
	const struct conf_spot *spot =
	    conf_setting_spot(group, SETTING_ROUTE_strip);

	if (!route->strip)
		return true;
	if (route->pattern != NULL) {
		conf_report_error(b->report, spot,
		    "\"strip\" takes off a path, and this route has a pattern");
		conf_report_help(b->report, "write rewrite = \"/${1}\";");
	} else if (route->answer != NULL) {
		conf_report_error(b->report, spot, "\"strip\" is for what is "
		    "forwarded, and this route answers by itself");
		conf_report_help(b->report, "the path behind that of the route "
		    "is ${path_rest}");
	} else {
		return true;
	}
	return false;
}

/* What becomes of the path of a request that was taken. */
static bool read_rewriting(struct conf_build *b, const config_setting_t *group,
    struct conf_route *route)
{
	route->strip = conf_setting_bool(group, SETTING_ROUTE_strip);
	route->rules = conf_rules_read(b, group, SETTING_ROUTE_rewrite,
	    route->pattern);
	return check_strip(b, group, route);
}

/* Where the way in of GROUP is written. */
static const struct conf_spot *way_spot(const config_setting_t *group)
{
	for (size_t i = 0; i < COUNT_OF(paths); i++)
		if (conf_setting_given(group, paths[i]))
			return conf_setting_spot(group, paths[i]);
	return conf_tree_spot(group);
}

static bool read_route(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *group, struct conf_route *route)
{
	bool ok;

	conf_settings_check(b->report, group, CONTEXT_ROUTE);
	ok = read_way(b, group, route);
	conf_when_read(b, group, route);
	ok &= read_action(b, draft, group, route);
	ok &= read_rewriting(b, group, route);
	route->mirror = conf_mirror_read(b, draft, group, route);
	conf_cache_check_route(b, group, route);
	route->scope = read_scope(b, draft, group);
	conf_settings_done(group);
	route->place = conf_spot_place(way_spot(group));
	return ok;
}

/* ---- all of them ---- */

/* The route "/" of a vhost's own "proxy" or "redirect". */
static void add_rest(struct conf_build *b, struct conf_vhost *v,
    const struct conf_rest *rest)
{
	struct conf_route *route = &v->routes[v->route_count];

	*route = (struct conf_route){.path = STR("/"),
	    .pool = rest->pool,
	    .answer = rest->answer,
	    .scope = v->scope,
	    .place = conf_spot_place(rest->spot)};
	for (unsigned i = 0; i < v->route_count; i++) {
		if (!conf_route_takes_all(&v->routes[i], route))
			continue;
		conf_report_error(b->report, rest->spot,
		    "this is the route \"/\", which line %u has too",
		    v->routes[i].place.line);
		conf_report_help(b->report, "remove one of the two");
		return;
	}
	v->route_count++;
}

void conf_route_read_all(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *setting, const struct conf_rest *rest)
{
	unsigned items = setting != NULL ? conf_tree_item_count(setting) : 0;
	const struct conf_spot **spots =
	    ARENA_ARRAY(b->scratch, const struct conf_spot *, items + 1);
	struct conf_vhost *v = draft->vhost;

	v->routes = ARENA_ARRAY(&b->conf->arena, struct conf_route, items + 1);
	for (unsigned i = 0; i < items; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (conf_tree_refused(item) ||
		    !read_route(b, draft, item, &v->routes[v->route_count]))
			continue;
		spots[v->route_count++] = way_spot(item);
	}
	for (unsigned i = 0; i < v->route_count; i++)
		conf_route_check_reachable(b, v, &v->routes[i], spots[i]);
	if (rest != NULL) {
		spots[v->route_count] = rest->spot;
		add_rest(b, v, rest);
	}
	conf_ways_build(&v->ways, &b->conf->arena, v->routes, v->route_count);
	for (unsigned i = 0; i < v->route_count; i++) {
		conf_route_check_loop(b, v, &v->routes[i], spots[i]);
		if (v->route_count > 1)
			conf_route_check_path(b, &v->routes[i], spots[i]);
	}
}
