/*
 * mirror.c - copies of requests to another pool.
 *
 * Runs in the master.
 *
 *	mirror = { pool = "api"; percent = 1; };
 */
#include "common/conf/mirror.h"

#include "common/conf/pool.h"
#include "common/conf/settings.h"

static bool check_forwards(struct conf_build *b,
    const config_setting_t *group, const struct conf_route *route)
{
	if (route->answer == NULL)
		return true;
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_ROUTE_mirror),
	    "\"mirror\" copies what is forwarded, and this route answers by "
	    "itself");
	conf_report_help(b->report,
	    "leave it out, or give the route a \"pool\"");
	return false;
}

static const struct conf_mirror *need_pool(struct conf_build *b,
    const struct conf_spot *spot)
{
	conf_report_error(b->report, spot, "a mirror needs a \"pool\"");
	conf_report_help(b->report, "write mirror = %s;",
	    conf_setting_rows[SETTING_ROUTE_mirror].example);
	return NULL;
}

/* Whoever gets the copies would get each request twice. */
static void lint(struct conf_build *b, const config_setting_t *pool,
    const struct conf_mirror *mirror, const struct conf_route *route)
{
	if (mirror->pool == NULL || mirror->pool != route->pool ||
	    mirror->percent == 0)
		return;
	conf_report_lint(b->report, LINT_mirror_same, conf_tree_spot(pool),
	    "the copies go to the pool that gets the requests: it does "
	    "everything twice");
}

const struct conf_mirror *conf_mirror_read(struct conf_build *b,
    struct conf_draft *draft, const config_setting_t *group,
    const struct conf_route *route)
{
	const config_setting_t *setting;
	const config_setting_t *pool;
	struct conf_mirror *mirror;

	if (!conf_setting_feature(group, SETTING_ROUTE_mirror, &setting))
		return NULL;
	if (setting == NULL)
		return need_pool(b, conf_setting_spot(group,
		    SETTING_ROUTE_mirror));
	mirror = ARENA_NEW(&b->conf->arena, struct conf_mirror);
	conf_settings_check(b->report, setting, CONTEXT_MIRROR);
	pool = conf_setting_get(setting, SETTING_MIRROR_pool);
	mirror->percent = conf_setting_count(setting, SETTING_MIRROR_percent);
	conf_settings_done(setting);
	if (pool != NULL)
		mirror->pool = conf_pool_find(b, draft, pool);
	else if (!conf_setting_given(setting, SETTING_MIRROR_pool))
		return need_pool(b, conf_tree_spot(setting));
	lint(b, pool, mirror, route);
	return mirror->pool != NULL && check_forwards(b, group, route)
	    ? mirror : NULL;
}
