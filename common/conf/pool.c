/*
 * pool.c - pools and their servers.
 *
 * Runs in the master.  Three spellings, one result: pools with names, a proxy
 * of one URL, a proxy of several.
 */
#include "common/conf/pool.h"

#include "common/base/insist.h"
#include "common/conf/address.h"
#include "common/conf/balance.h"
#include "common/conf/breaker.h"
#include "common/conf/health.h"
#include "common/conf/outlier.h"
#include "common/conf/pool_tls.h"
#include "common/conf/retry.h"
#include "common/conf/settings.h"
#include "common/conf/sticky.h"
#include "common/conf/suggest.h"
#include "common/conf/url.h"

/* GROUP NULL: the defaults. */
static void read_settings(struct conf_build *b, struct conf_pool *pool,
    const config_setting_t *group)
{
	const config_setting_t *limits =
	    conf_setting_get(group, SETTING_POOL_limits);
	const config_setting_t *keepalive =
	    conf_setting_get(group, SETTING_POOL_keepalive);
	const config_setting_t *resolve =
	    conf_setting_get(group, SETTING_POOL_resolve);
	const config_setting_t *timeouts =
	    conf_setting_get(group, SETTING_POOL_timeouts);
	const config_setting_t *queue =
	    conf_setting_get(group, SETTING_POOL_queue);

	pool->max_conns = conf_setting_count(group, SETTING_POOL_max_conns);
	pool->queue.size = conf_setting_count(queue, SETTING_QUEUE_size);
	pool->queue.timeout =
	    conf_setting_duration(queue, SETTING_QUEUE_timeout);
	pool->header_max = conf_setting_size(limits, SETTING_POOL_LIMITS_header);
	pool->idle_max =
	    conf_setting_count(keepalive, SETTING_KEEPALIVE_idle);
	pool->idle_timeout =
	    conf_setting_duration(keepalive, SETTING_KEEPALIVE_timeout);
	pool->resolve_every =
	    conf_setting_duration(resolve, SETTING_RESOLVE_every);
	pool->resolve_max = conf_setting_count(resolve, SETTING_RESOLVE_max);
	pool->timeouts = (struct conf_pool_timeouts){
	    .connect = conf_setting_duration(timeouts,
		SETTING_POOL_TIMEOUTS_connect),
	    .first_byte = conf_setting_duration(timeouts,
		SETTING_POOL_TIMEOUTS_first_byte),
	    .idle = conf_setting_duration(timeouts,
		SETTING_POOL_TIMEOUTS_idle),
	    .total = conf_setting_duration(timeouts,
		SETTING_POOL_TIMEOUTS_total),
	};
	pool->health = conf_health_read(b, group);
	pool->outlier = conf_outlier_read(b, group);
	pool->breaker = conf_breaker_read(b, group);
	conf_retry_read(b, group, &pool->retry);
	conf_pool_tls_read(b, group, pool);
	pool->hedge = conf_setting_duration(group, SETTING_POOL_hedge);
}

static struct conf_pool_draft *add_pool(struct conf_build *b,
    struct conf_draft *draft, const struct conf_spot *spot, const char *name)
{
	struct conf_pool_draft *added =
	    ARENA_NEW(b->scratch, struct conf_pool_draft);
	struct conf_pool *pool = ARENA_NEW(&b->conf->arena, struct conf_pool);

	INSIST(draft->vhost != NULL && *draft->last_pool == NULL);
	added->pool = pool;
	added->spot = *spot;
	pool->name = arena_strdup(&b->conf->arena, str_from(name));
	pool->vhost = draft->vhost;
	pool->place = conf_spot_place(spot);
	read_settings(b, pool, NULL);
	*draft->last_pool = added;
	draft->last_pool = &added->next;
	return added;
}

/* ---- servers ---- */

/* GROUP NULL: the defaults. */
static void read_server_settings(struct conf_build *b,
    const struct conf_pool *pool, const config_setting_t *group,
    struct conf_server *server)
{
	const char *zone = conf_setting_text(group, SETTING_SERVER_zone);

	server->weight = conf_setting_count(group, SETTING_SERVER_weight);
	server->backup = conf_setting_bool(group, SETTING_SERVER_backup);
	server->down = conf_setting_bool(group, SETTING_SERVER_down);
	server->max_conns = conf_setting_count(group, SETTING_SERVER_max_conns);
	if (server->max_conns == 0)
		server->max_conns = pool->max_conns;
	if (zone != NULL)
		server->zone = arena_strdup(&b->conf->arena, str_from(zone));
}

static bool read_server_group(struct conf_build *b,
    const struct conf_pool *pool, const config_setting_t *group,
    struct conf_server *server)
{
	const char *url;

	conf_settings_check(b->report, group, CONTEXT_SERVER);
	url = conf_setting_text(group, SETTING_SERVER_url);
	read_server_settings(b, pool, group, server);
	conf_settings_done(group);
	if (url != NULL)
		return conf_url_read(b,
		    conf_setting_spot(group, SETTING_SERVER_url),
		    str_from(url), server);
	if (conf_setting_given(group, SETTING_SERVER_url))
		return false;
	conf_report_error(b->report, conf_tree_spot(group),
	    "a server needs \"url\"");
	conf_report_help(b->report, "write { url = %s; }",
	    conf_setting_rows[SETTING_SERVER_url].example);
	return false;
}

static bool read_server(struct conf_build *b, const struct conf_pool *pool,
    const config_setting_t *item, struct conf_server *server)
{
	if (config_setting_is_group(item))
		return read_server_group(b, pool, item, server);
	read_server_settings(b, pool, NULL, server);
	return conf_url_read(b, conf_tree_spot(item),
	    str_from(conf_tree_text(item)), server);
}

/* The same place, as far as it can be known now. */
static bool is_same_place(const struct conf_server *a,
    const struct conf_server *b)
{
	if ((a->name != NULL) != (b->name != NULL))
		return false;
	if (a->name == NULL)
		return conf_address_eq(&a->address, &b->address);
	return strcmp(a->name, b->name) == 0 && a->port == b->port &&
	    a->is_service == b->is_service;
}

static void warn_twice(struct conf_build *b, const struct conf_pool *pool,
    const struct conf_spot *spot)
{
	const struct conf_server *last = &pool->servers[pool->server_count];

	for (unsigned i = 0; i < pool->server_count; i++) {
		const struct conf_server *server = &pool->servers[i];

		if (!is_same_place(server, last) ||
		    strcmp(server->prefix, last->prefix) != 0)
			continue;
		conf_report_lint(b->report, LINT_server_twice, spot,
		    "this server is listed twice");
		conf_report_help(b->report,
		    "for a larger share, give it a \"weight\"");
		return;
	}
}

static void read_servers(struct conf_build *b, struct conf_pool *pool,
    const config_setting_t *setting)
{
	unsigned count = conf_tree_item_count(setting);

	pool->servers = ARENA_ARRAY(&b->conf->arena, struct conf_server, count);
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (conf_tree_refused(item) ||
		    !read_server(b, pool, item,
			&pool->servers[pool->server_count]))
			continue;
		warn_twice(b, pool, conf_tree_spot(item));
		pool->server_count++;
	}
}

/* ---- pools ---- */

static void read_named(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *group)
{
	const struct conf_spot *spot = &conf_tree_node(group)->name;
	struct conf_pool_draft *added = add_pool(b, draft, spot, group->name);
	const config_setting_t *servers;

	added->named = added->pool->is_named = true;
	if (conf_tree_refused(group))
		return;
	conf_settings_check(b->report, group, CONTEXT_POOL);
	servers = conf_setting_get(group, SETTING_POOL_servers);
	read_settings(b, added->pool, group);
	if (servers != NULL) {
		read_servers(b, added->pool, servers);
		conf_health_check_servers(b, added->pool, group);
		conf_pool_tls_check(b, group, added->pool);
	}
	conf_balance_read(b, group, added->pool);
	conf_sticky_read(b, group, added);
	conf_settings_done(group);
	if (!conf_setting_given(group, SETTING_POOL_servers)) {
		conf_report_error(b->report, spot, "pool \"%s\" has no servers",
		    group->name);
		conf_report_help(b->report, "write servers = %s;",
		    conf_setting_rows[SETTING_POOL_servers].example);
	}
}

void conf_pool_read_all(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *setting)
{
	int count = config_setting_length(setting);

	for (int i = 0; i < count; i++)
		read_named(b, draft,
		    config_setting_get_elem(setting, (unsigned)i));
	conf_sticky_collect(b, draft);
}

struct conf_pool *conf_pool_read_proxy(struct conf_build *b,
    struct conf_draft *draft, const config_setting_t *setting)
{
	const config_setting_t *first = conf_tree_item(setting, 0);
	const char *name =
	    conf_tree_refused(first) ? "" : conf_tree_text(first);
	struct conf_pool_draft *added =
	    add_pool(b, draft, conf_tree_spot(setting), name);

	added->used = true;
	read_servers(b, added->pool, setting);
	conf_balance_read(b, NULL, added->pool);
	return added->pool;
}

struct conf_pool *conf_pool_make(struct conf_build *b,
    struct conf_draft *draft, const struct conf_spot *spot, const char *url)
{
	struct conf_pool_draft *added = add_pool(b, draft, spot, url);
	struct conf_pool *pool = added->pool;

	added->used = true;
	pool->servers = ARENA_NEW(&b->conf->arena, struct conf_server);
	read_server_settings(b, pool, NULL, pool->servers);
	if (!conf_url_read(b, spot, str_from(url), pool->servers))
		return NULL;
	pool->server_count = 1;
	conf_balance_read(b, NULL, pool);
	return pool;
}

static void report_unknown(struct conf_build *b, const struct conf_draft *draft,
    const config_setting_t *name)
{
	struct str text = str_from(conf_tree_text(name));
	struct conf_suggest suggest = conf_suggest_make(text);

	for (struct conf_pool_draft *p = draft->pools; p; p = p->next)
		if (p->named)
			conf_suggest_offer(&suggest, p->pool->name);
	conf_report_error(b->report, conf_tree_spot(name),
	    "there is no pool \"%" PRI_STR "\"", ARG_STR(text));
	if (conf_suggest_help(&suggest, b->report))
		return;
	if (memmem(text.p, text.n, "://", 3) != NULL)
		conf_report_help(b->report,
		    "a URL is a \"proxy\": write proxy = \"%" PRI_STR "\";",
		    ARG_STR(text));
	else
		conf_report_help(b->report,
		    "define it in \"pools\", or write proxy = %s;",
		    conf_setting_rows[SETTING_ROUTE_proxy].example);
}

struct conf_pool *conf_pool_find(struct conf_build *b,
    struct conf_draft *draft, const config_setting_t *name)
{
	const char *text = conf_tree_text(name);

	for (struct conf_pool_draft *p = draft->pools; p; p = p->next) {
		if (!p->named || strcmp(p->pool->name, text) != 0)
			continue;
		p->used = true;
		return p->pool;
	}
	report_unknown(b, draft, name);
	return NULL;
}

void conf_pool_check_used(struct conf_build *b, const struct conf_draft *draft)
{
	for (struct conf_pool_draft *p = draft->pools; p; p = p->next) {
		if (p->used)
			continue;
		conf_report_lint(b->report, LINT_pool_unused, &p->spot,
		    "no route uses the pool \"%s\"", p->pool->name);
	}
}
