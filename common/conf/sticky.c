/*
 * sticky.c - clients that stay with a server.
 *
 * Runs in the master.  One of three says what a client is known by: a cookie
 * of ours, a key of its request, a cookie of its server's.
 *
 *	sticky = { cookie = "srv"; ttl = "8h"; };
 *	sticky = { key = "header:X-User"; ttl = "30m"; };
 *	sticky = { learn = "JSESSIONID"; ttl = "30m"; if_down = "fail"; };
 */
#include "common/conf/sticky.h"

#include "common/base/insist.h"
#include "common/conf/key.h"
#include "common/conf/settings.h"

#define SECRET_LEAST 16 /* bytes */

static const enum conf_setting ways[] = {
    [CONF_STAY_COOKIE] = SETTING_STICKY_cookie,
    [CONF_STAY_KEY] = SETTING_STICKY_key,
    [CONF_STAY_LEARN] = SETTING_STICKY_learn,
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* ---- what clients are known by ---- */

static void report_none(struct conf_build *b, const config_setting_t *group)
{
	conf_report_error(b->report, conf_tree_spot(group),
	    "\"sticky\" does not say by what clients are known");
	conf_report_help(b->report, "write sticky = %s;",
	    conf_setting_rows[SETTING_POOL_sticky].example);
}

/* The one that is written; NULL: none, several, or a wrong one: reported. */
static const config_setting_t *find_way(struct conf_build *b,
    const config_setting_t *group, enum conf_stay_kind *kind_r)
{
	const config_setting_t *found = NULL;
	unsigned given = 0;

	for (unsigned i = 0; i < WAYS; i++) {
		const config_setting_t *s = conf_setting_get(group, ways[i]);

		given += conf_setting_given(group, ways[i]);
		if (s == NULL)
			continue;
		if (found != NULL) {
			conf_report_error(b->report, conf_tree_spot(s),
			    "\"%s\" and \"%s\" exclude each other", found->name,
			    s->name);
			return NULL;
		}
		found = s;
		*kind_r = (enum conf_stay_kind)i;
	}
	if (given == 0)
		report_none(b, group);
	return found;
}

static bool read_name(struct conf_build *b, const config_setting_t *setting,
    struct conf_stay *sticky)
{
	struct str name = str_from(conf_tree_text(setting));

	if (!str_is_token(name)) {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "\"%" PRI_STR "\" is not the name of a cookie",
		    ARG_STR(name));
		return false;
	}
	sticky->cookie =
	    str_make(arena_strdup(&b->conf->arena, name), name.n);
	return true;
}

static bool read_way(struct conf_build *b, const config_setting_t *setting,
    struct conf_stay *sticky)
{
	if (sticky->kind != CONF_STAY_KEY)
		return read_name(b, setting, sticky);
	return conf_key_read(b, setting, str_from(conf_tree_text(setting)),
	    &sticky->key);
}

/* ---- for how long, and what if ---- */

static void read_ttl(struct conf_build *b, const config_setting_t *group,
    struct conf_stay *sticky)
{
	bool endless = sticky->kind == CONF_STAY_COOKIE;

	sticky->ttl = conf_setting_duration(group, SETTING_STICKY_ttl);
	if (sticky->ttl >= USEC_PER_SEC || (sticky->ttl == 0 && endless))
		return;
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_STICKY_ttl),
	    endless ? "less than a second is too little here"
		    : "clients are known for a second at least");
	if (endless)
		conf_report_help(b->report, "\"0s\" is a cookie that lives as "
		    "long as the browser");
}

static void read_if_down(struct conf_build *b, const config_setting_t *group,
    struct conf_stay *sticky)
{
	struct str text =
	    str_from(conf_setting_text(group, SETTING_STICKY_if_down));

	sticky->fails = str_eq(text, STR("fail"));
	if (sticky->fails || str_eq(text, STR("other")))
		return;
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_STICKY_if_down),
	    "\"if_down\" is \"other\" or \"fail\"");
	conf_report_help(b->report, "\"other\": another server takes the "
	    "client; \"fail\": it is answered 503");
}

/* ---- the secret ---- */

/* A hash with a known key: what it keeps of the secret is enough, because that
 * is random, and nobody gets to see it. */
static void read_secret(struct conf_build *b, const config_setting_t *group,
    struct conf_stay *sticky)
{
	const config_setting_t *setting =
	    conf_setting_get(group, SETTING_STICKY_secret);
	struct hash_id id = {{0, 0}};
	const char *text;

	if (setting == NULL)
		return;
	text = conf_tree_text(setting);
	if (sticky->kind != CONF_STAY_COOKIE) {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "there is nothing to sign without \"cookie\"");
	} else if (conf_tree_node(setting)->written == NULL) {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "a secret does not belong into the configuration");
		conf_report_help(b->report, "write secret = %s;",
		    conf_setting_rows[SETTING_STICKY_secret].example);
	} else if (strlen(text) < SECRET_LEAST) {
		conf_report_error(b->report, conf_tree_spot(setting),
		    "a secret of less than %d bytes can be guessed",
		    SECRET_LEAST);
		conf_report_help(b->report,
		    "make one: openssl rand -hex 32 >FILE");
	} else {
		id = hash_id_add(id, str_from(text));
		sticky->has_secret = true;
		sticky->secret = (struct hash_key){{id.word[0], id.word[1]}};
	}
}

/* ---- the whole ---- */

static void lint(struct conf_build *b, const config_setting_t *group,
    const struct conf_pool *pool)
{
	if (pool->balance == CONF_BALANCE_hash) {
		conf_report_lint(b->report, LINT_sticky_hash,
		    conf_tree_spot(group), "\"balance\" by a hash is only for "
		    "newcomers where there is \"sticky\"");
		conf_report_help(b->report, "remove one of the two");
	}
	if (pool->server_count != 1 || pool->servers->name != NULL)
		return;
	conf_report_lint(b->report, LINT_sticky_single, conf_tree_spot(group),
	    "the pool has one server: all clients stay with it anyway");
	conf_report_help(b->report, "remove \"sticky\", or add a server");
}

void conf_sticky_read(struct conf_build *b, const config_setting_t *pool_group,
    struct conf_pool_draft *draft)
{
	const config_setting_t *group =
	    conf_setting_get(pool_group, SETTING_POOL_sticky);
	struct conf_stay *sticky;
	const config_setting_t *way;

	if (group == NULL)
		return;
	sticky = ARENA_NEW(&b->conf->arena, struct conf_stay);
	way = find_way(b, group, &sticky->kind);
	if (way == NULL || !read_way(b, way, sticky))
		return;
	read_ttl(b, group, sticky);
	read_if_down(b, group, sticky);
	read_secret(b, group, sticky);
	lint(b, group, draft->pool);
	draft->pool->sticky = sticky;
	draft->sticky_spot = *conf_tree_spot(way);
}

/* ---- all pools of a vhost ---- */

static bool has_name(const struct conf_vhost *v, struct str name)
{
	for (unsigned i = 0; i < v->sticky_cookie_count; i++)
		if (str_eq(v->sticky_cookies[i], name))
			return true;
	return false;
}

void conf_sticky_collect(struct conf_build *b, const struct conf_draft *draft)
{
	struct conf_vhost *v = draft->vhost;
	const struct conf_pool_draft *p;
	unsigned room = 0;

	for (p = draft->pools; p != NULL; p = p->next)
		room += p->pool->sticky != NULL &&
		    p->pool->sticky->kind == CONF_STAY_COOKIE;
	v->sticky_cookies = ARENA_ARRAY(&b->conf->arena, struct str, room);
	for (p = draft->pools; p != NULL; p = p->next) {
		const struct conf_stay *sticky = p->pool->sticky;

		if (sticky == NULL || sticky->kind != CONF_STAY_COOKIE)
			continue;
		if (!has_name(v, sticky->cookie)) {
			v->sticky_cookies[v->sticky_cookie_count++] =
			    sticky->cookie;
			continue;
		}
		conf_report_lint(b->report, LINT_sticky_cookie_shared,
		    &p->sticky_spot, "another pool of this vhost sets this "
		    "cookie, too: each takes it from the other");
		conf_report_help(b->report,
		    "give each pool a cookie of its own");
	}
}
