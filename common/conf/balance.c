/*
 * balance.c - how a pool chooses its servers: balance, prefer, zones.
 *
 * Runs in the master.  A server's tier says when it is asked:
 *
 *	prefer = "zone"			the zone of sluiced.conf, if it says one,
 *					then zones in the order of the servers
 *	prefer = [ "fra", "ams" ]	fra, then ams, then all others
 *	backup = true			behind all that are none
 */
#include "common/conf/balance.h"

#include <limits.h>

#include "common/base/insist.h"
#include "common/conf/key.h"
#include "common/conf/settings.h"
#include "common/conf/suggest.h"

#define NO_TIER UINT_MAX

static const char *const names[] = {
#define BALANCE(name, meaning) [CONF_BALANCE_##name] = #name,
#include "common/tbl/balances.h"
#undef BALANCE
};

/* ---- balance ---- */

const char *conf_balance_name(enum conf_balance balance)
{
	INSIST(balance < CONF_BALANCES);
	return names[balance];
}

static void report_unknown(struct conf_build *b,
    const config_setting_t *setting, struct str text)
{
	struct conf_suggest suggest = conf_suggest_make(text);

	conf_report_error(b->report, conf_tree_spot(setting),
	    "there is no way to balance called \"%" PRI_STR "\"",
	    ARG_STR(text));
	for (int i = 0; i < CONF_BALANCES; i++)
		if (i != CONF_BALANCE_hash)
			conf_suggest_offer(&suggest, names[i]);
	if (!conf_suggest_help(&suggest, b->report))
		conf_report_help(b->report, "write \"p2c\", \"rr\", "
		    "\"least_conn\", \"latency\", \"random\", \"first\" or "
		    "\"hash:client_ip\"");
}

static void read_balance(struct conf_build *b,
    const config_setting_t *setting, struct conf_pool *pool)
{
	struct str text = str_from(conf_tree_text(setting));
	struct str hash = STR("hash:");

	if (str_starts(text, hash)) {
		if (conf_key_read(b, setting, str_behind(text, hash.n),
			&pool->key))
			pool->balance = CONF_BALANCE_hash;
		return;
	}
	for (int i = 0; i < CONF_BALANCES; i++) {
		if (i == CONF_BALANCE_hash || !str_eq(text, str_from(names[i])))
			continue;
		pool->balance = (enum conf_balance)i;
		return;
	}
	report_unknown(b, setting, text);
}

/* ---- tiers ---- */

static bool has_zone(const struct conf_pool *pool, struct str zone)
{
	for (unsigned i = 0; i < pool->server_count; i++) {
		const char *its = pool->servers[i].zone;

		if (its != NULL && str_eq(str_from(its), zone))
			return true;
	}
	return false;
}

/* The servers of ZONE come next, if they have no tier yet. */
static void prefer(struct conf_pool *pool, struct str zone, unsigned *next)
{
	for (unsigned i = 0; i < pool->server_count; i++) {
		struct conf_server *s = &pool->servers[i];

		if (s->tier == NO_TIER && s->zone != NULL &&
		    str_eq(str_from(s->zone), zone))
			s->tier = *next;
	}
	(*next)++;
}

/* Our own zone, then the others as they are listed. */
static void prefer_nearest(const struct conf_build *b, struct conf_pool *pool,
    unsigned *next)
{
	if (b->conf->zone != NULL)
		prefer(pool, str_from(b->conf->zone), next);
	for (unsigned i = 0; i < pool->server_count; i++) {
		const struct conf_server *s = &pool->servers[i];

		if (s->tier == NO_TIER && s->zone != NULL)
			prefer(pool, str_from(s->zone), next);
	}
}

static void read_prefer(struct conf_build *b,
    const config_setting_t *setting, struct conf_pool *pool, unsigned *next)
{
	unsigned count = conf_tree_item_count(setting);

	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);
		struct str zone;

		if (conf_tree_refused(item))
			continue;
		zone = str_from(conf_tree_text(item));
		if (str_eq(zone, STR("zone")) && count == 1)
			prefer_nearest(b, pool, next);
		else if (has_zone(pool, zone))
			prefer(pool, zone, next);
		else
			conf_report_error(b->report, conf_tree_spot(item),
			    "no server of the pool is in the zone \"%" PRI_STR
			    "\"", ARG_STR(zone));
	}
}

/* Who is in no zone that is preferred comes behind, backups last of all. */
static void make_tiers(struct conf_build *b, const config_setting_t *setting,
    struct conf_pool *pool)
{
	unsigned next = 0;

	for (unsigned i = 0; i < pool->server_count; i++)
		pool->servers[i].tier = NO_TIER;
	if (setting != NULL)
		read_prefer(b, setting, pool, &next);
	for (unsigned i = 0; i < pool->server_count; i++) {
		struct conf_server *s = &pool->servers[i];

		if (s->tier == NO_TIER)
			s->tier = next;
		if (s->backup)
			s->tier += next + 1;
	}
}

static void warn_only_backups(struct conf_build *b,
    const config_setting_t *group, const struct conf_pool *pool)
{
	for (unsigned i = 0; i < pool->server_count; i++)
		if (!pool->servers[i].backup)
			return;
	if (pool->server_count == 0)
		return;
	conf_report_lint(b->report, LINT_only_backups,
	    conf_setting_spot(group, SETTING_POOL_servers),
	    "all servers of the pool are backups");
	conf_report_help(b->report, "a backup is asked when no other server "
	    "can be: take \"backup\" off one");
}

void conf_balance_read(struct conf_build *b, const config_setting_t *group,
    struct conf_pool *pool)
{
	const config_setting_t *balance =
	    conf_setting_get(group, SETTING_POOL_balance);

	pool->balance = CONF_BALANCE_p2c;
	if (balance != NULL)
		read_balance(b, balance, pool);
	pool->slow_start = conf_setting_duration(group,
	    SETTING_POOL_slow_start);
	make_tiers(b, conf_setting_get(group, SETTING_POOL_prefer), pool);
	for (unsigned i = 0; i < pool->server_count; i++)
		pool->has_max_conns |= pool->servers[i].max_conns > 0;
	if (group != NULL)
		warn_only_backups(b, group, pool);
}
