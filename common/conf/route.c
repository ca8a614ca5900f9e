/*
 * route.c - which path goes where.
 *
 * Runs in the master.  Routes are sorted longest path first, equal lengths by
 * their bytes: conf_find_route searches so.  Of two with one path the first
 * in the file stays.
 */
#include "common/conf/route.h"

#include <stdlib.h>

#include "common/base/insist.h"
#include "common/conf/path.h"
#include "common/conf/pool.h"
#include "common/conf/settings.h"

/* A route and where its path is written, until they are sorted. */
struct entry {
	struct conf_route route;
	const struct conf_spot *spot;
	unsigned order;
};

/* What a route can do; all but the first two are refused elsewhere. */
static const enum conf_setting actions[] = {SETTING_ROUTE_pool,
    SETTING_ROUTE_proxy, SETTING_ROUTE_root, SETTING_ROUTE_redirect,
    SETTING_ROUTE_respond, SETTING_ROUTE_split, SETTING_ROUTE_compose};

static bool check_one_action(struct conf_build *b,
    const config_setting_t *group)
{
	unsigned given = 0;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		given += conf_setting_given(group, actions[i]);
	if (given == 1)
		return true;
	if (given == 0) {
		conf_report_error(b->report, conf_tree_spot(group),
		    "this route does nothing");
		conf_report_help(b->report,
		    "give it pool = \"NAME\"; or proxy = %s;",
		    conf_setting_rows[SETTING_ROUTE_proxy].example);
	} else {
		conf_report_error(b->report, conf_tree_spot(group),
		    "a route does one thing only");
		conf_report_help(b->report,
		    "leave it either \"pool\" or \"proxy\"");
	}
	return false;
}

/* NULL: reported. */
static struct conf_pool *read_action(struct conf_build *b,
    struct conf_draft *draft, const config_setting_t *group)
{
	const config_setting_t *pool =
	    conf_setting_get(group, SETTING_ROUTE_pool);
	const config_setting_t *proxy =
	    conf_setting_get(group, SETTING_ROUTE_proxy);
	struct conf_pool *result = NULL;

	if (pool != NULL)
		result = conf_pool_find(b, draft, pool);
	if (proxy != NULL)
		result = conf_pool_read_proxy(b, draft, proxy);
	return check_one_action(b, group) ? result : NULL;
}

static bool read_path(struct conf_build *b, const config_setting_t *group,
    struct str *path_r)
{
	const char *text = conf_setting_text(group, SETTING_ROUTE_path);

	if (text == NULL) {
		if (conf_setting_given(group, SETTING_ROUTE_path) ||
		    conf_setting_given(group, SETTING_ROUTE_path_exact) ||
		    conf_setting_given(group, SETTING_ROUTE_path_regex))
			return false;
		conf_report_error(b->report, conf_tree_spot(group),
		    "a route needs \"path\"");
		conf_report_help(b->report,
		    "path = \"/\"; is for all that no other route takes");
		return false;
	}
	if (!conf_path_check(b->report,
	    conf_setting_spot(group, SETTING_ROUTE_path), str_from(text)))
		return false;
	*path_r = conf_path_trim(str_from(text));
	path_r->p = arena_strdup(&b->conf->arena, *path_r);
	return true;
}

static bool read_route(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *group, struct entry *entry)
{
	bool ok;

	conf_settings_check(b->report, group, CONTEXT_ROUTE);
	ok = read_path(b, group, &entry->route.path);
	entry->route.pool = read_action(b, draft, group);
	conf_settings_done(group);
	entry->spot = conf_setting_spot(group, SETTING_ROUTE_path);
	entry->route.place = conf_spot_place(entry->spot);
	return ok && entry->route.pool != NULL;
}

static int compare(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	struct str x = a->route.path, y = b->route.path;
	int diff = (x.n < y.n) - (x.n > y.n);

	if (diff == 0)
		diff = str_cmp(x, y);
	return diff != 0 ? diff : (a->order > b->order) - (a->order < b->order);
}

static void keep_route(struct conf_build *b, struct conf_vhost *v,
    const struct entry *entry)
{
	const struct conf_route *last = &v->routes[v->route_count];

	if (v->route_count == 0 ||
	    !str_eq(last[-1].path, entry->route.path)) {
		v->routes[v->route_count++] = entry->route;
		return;
	}
	conf_report_warning(b->report, entry->spot,
	    "this route can never match: line %u has the same path",
	    last[-1].place.line);
	conf_report_help(b->report, "remove one of the two");
}

void conf_route_read_all(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *setting)
{
	unsigned items = conf_tree_item_count(setting);
	struct entry *entries = ARENA_ARRAY(b->scratch, struct entry, items);
	struct conf_vhost *v = draft->vhost;
	unsigned count = 0;

	for (unsigned i = 0; i < items; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		entries[count].order = i;
		if (!conf_tree_refused(item))
			count += read_route(b, draft, item, &entries[count]);
	}
	INSIST(count <= items);
	qsort(entries, count, sizeof(*entries), compare);
	v->routes = ARENA_ARRAY(&b->conf->arena, struct conf_route, count);
	for (unsigned i = 0; i < count; i++)
		keep_route(b, v, &entries[i]);
}

void conf_route_make_root(struct conf_build *b, struct conf_draft *draft,
    struct conf_pool *pool, const struct conf_spot *spot)
{
	struct conf_vhost *v = draft->vhost;

	v->routes = ARENA_NEW(&b->conf->arena, struct conf_route);
	v->routes->path = STR("/");
	v->routes->pool = pool;
	v->routes->place = conf_spot_place(spot);
	v->route_count = 1;
}
