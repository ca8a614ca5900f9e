/*
 * cache.c - caching, as operators want it.
 *
 * Runs in the master.
 *
 *	cache = true;
 *	cache = { default_ttl = "1m"; key = { ignore_query = "utm_*"; }; };
 *	cache = false;
 *
 * The nearest word decides whether something is cached; settings are taken
 * from all groups, the nearest first, as everywhere.  A group in sluiced.conf
 * is about those that cache, and only its "all" makes others do so.
 */
#include "common/conf/cache.h"

#include <sys/stat.h>

#include "common/conf/cache_names.h"
#include "common/conf/network.h"
#include "common/conf/settings.h"

/* ---- on or off ---- */

bool conf_cache_is_on(const struct conf_layers *layers,
    const config_setting_t *global)
{
	for (unsigned i = 0; i < layers->count; i++) {
		const config_setting_t *s =
		    conf_setting_get(layers->at[i], SETTING_VHOST_cache);

		if (s == NULL)
			continue;
		if (!config_setting_is_group(s))
			return config_setting_get_bool(s);
		return layers->at[i] != global ||
		    conf_setting_bool(s, SETTING_CACHE_all);
	}
	return false;
}

static const config_setting_t *global_of(const struct conf_build *b,
    const struct conf_layers *layers)
{
	const config_setting_t *last =
	    layers->count > 0 ? layers->at[layers->count - 1] : NULL;

	return last != NULL && b->has_config &&
	    last == config_root_setting(&b->config) ? last : NULL;
}

/* ---- what stands where it means nothing ---- */

static void refuse(struct conf_build *b, const config_setting_t *group,
    enum conf_setting id, const char *why, const char *help)
{
	const config_setting_t *s = conf_setting_get(group, id);

	if (s == NULL)
		return;
	conf_report_error(b->report, &conf_tree_node(s)->name, "\"%s\" %s",
	    s->name, why);
	conf_report_help(b->report, "%s", help);
	conf_tree_node(s)->refused = true;
}

static void check_places(struct conf_build *b,
    const struct conf_layers *layers, const config_setting_t *global)
{
	for (unsigned i = 0; i < layers->count; i++) {
		const config_setting_t *s =
		    conf_setting_get(layers->at[i], SETTING_VHOST_cache);

		if (s == NULL || !config_setting_is_group(s) ||
		    layers->at[i] == global)
			continue;
		refuse(b, s, SETTING_CACHE_path, "is of the one cache that "
		    "all vhosts share", "write it into cache of sluiced.conf");
		refuse(b, s, SETTING_CACHE_all, "is for all vhosts",
		    "write it into cache of sluiced.conf; here the group "
		    "alone says that something is cached");
	}
}

void conf_cache_check_route(struct conf_build *b,
    const config_setting_t *group, const struct conf_route *route)
{
	const config_setting_t *s = conf_setting_get(group, SETTING_ROUTE_cache);
	bool is_group = s != NULL && config_setting_is_group(s);

	if (is_group)
		refuse(b, s, SETTING_CACHE_max_size, "is of a whole vhost",
		    "write it into cache of the vhost; \"max_object\" may "
		    "stand in a route");
	if (s == NULL || route->answer == NULL ||
	    (!is_group && !config_setting_get_bool(s)))
		return;
	conf_report_error(b->report, &conf_tree_node(s)->name,
	    "\"cache\" keeps what origins answer, and this route answers by "
	    "itself");
	conf_report_help(b->report, "remove it: such answers cost nothing");
}

/* ---- single settings ---- */

static const config_setting_t *nearest(const struct conf_layers *in,
    enum conf_setting id)
{
	return conf_setting_get(CONF_NEAREST(in, id));
}

/* What will never be kept should not look as if it were. */
static uint64_t read_max_object(struct conf_build *b,
    const struct conf_layers *in)
{
	const config_setting_t *s = nearest(in, SETTING_CACHE_max_object);
	uint64_t value =
	    conf_setting_size(CONF_NEAREST(in, SETTING_CACHE_max_object));
	uint64_t size = b->conf->shared[CONF_AREA_cache];
	char most[CONF_UNITS_SIZE], all[CONF_UNITS_SIZE];

	if (b->largest_object == NULL || value <= b->largest_object(size))
		return value;
	conf_report_error(b->report, conf_tree_spot(s),
	    "no object can be as large: of %s that the cache has, one can have "
	    "%s", conf_units_bytes(all, size),
	    conf_units_bytes(most, b->largest_object(size) >> 10 << 10));
	conf_report_help(b->report, "write less, or more into shared = { "
	    "cache = %s; }; of sluiced.conf",
	    conf_setting_rows[SETTING_SHARED_cache].example);
	conf_tree_node(s)->refused = true;
	return 0;
}

static uint64_t read_max_size(struct conf_build *b,
    const struct conf_layers *in)
{
	const config_setting_t *s = nearest(in, SETTING_CACHE_max_size);
	uint64_t value =
	    conf_setting_size(CONF_NEAREST(in, SETTING_CACHE_max_size));
	uint64_t size = b->conf->shared[CONF_AREA_cache];
	char all[CONF_UNITS_SIZE];

	if (value > size)
		conf_report_lint(b->report, LINT_cache_share,
		    conf_tree_spot(s), "this is more than the cache has, which "
		    "is %s", conf_units_bytes(all, size));
	return value;
}

static enum conf_set_cookie read_set_cookie(struct conf_build *b,
    const struct conf_layers *in)
{
	static const char *const words[] = {
	    [CONF_SET_COOKIE_REFUSE] = "refuse",
	    [CONF_SET_COOKIE_REMOVE] = "remove",
	    [CONF_SET_COOKIE_STORE] = "store",
	};
	const config_setting_t *s = nearest(in, SETTING_CACHE_set_cookie);
	const char *text = s != NULL ? conf_tree_text(s) : words[0];

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) != 0)
			continue;
		if (i == CONF_SET_COOKIE_STORE)
			conf_report_lint(b->report, LINT_cache_set_cookie,
			    conf_tree_spot(s), "a cookie that the origin sets "
			    "for one client is given to all");
		return (enum conf_set_cookie)i;
	}
	conf_report_error(b->report, conf_tree_spot(s),
	    "\"set_cookie\" is \"refuse\", \"remove\" or \"store\"");
	conf_report_help(b->report, "replies that set cookies are not kept, "
	    "kept without these, or kept with them: for everybody");
	conf_tree_node(s)->refused = true;
	return CONF_SET_COOKIE_REFUSE;
}

static struct str read_tag_header(struct conf_build *b,
    const struct conf_layers *in)
{
	const config_setting_t *s = nearest(in, SETTING_CACHE_tag_header);

	if (s == NULL)
		return str_from(
		    conf_setting_rows[SETTING_CACHE_tag_header].fallback);
	if (s->type == CONFIG_TYPE_BOOL)
		return STR("");
	if (!conf_cache_check_field(b, s))
		return STR("");
	return str_from(arena_strdup(&b->conf->arena,
	    str_from(conf_tree_text(s))));
}

static struct conf_cache_key read_key(struct conf_build *b,
    const struct conf_layers *cache)
{
	struct conf_layers in = conf_layers_in(cache, SETTING_CACHE_key);

	return (struct conf_cache_key){
	    .ignore_query = conf_cache_names_read(b,
		nearest(&in, SETTING_CACHE_KEY_ignore_query),
		CONF_CACHE_PARAMETERS),
	    .cookies = conf_cache_names_read(b,
		nearest(&in, SETTING_CACHE_KEY_cookies), CONF_CACHE_COOKIES),
	    .headers = conf_cache_names_read(b,
		nearest(&in, SETTING_CACHE_KEY_headers),
		CONF_CACHE_KEY_FIELDS),
	};
}

static struct conf_cache_stale read_stale(const struct conf_layers *cache)
{
	struct conf_layers in = conf_layers_in(cache, SETTING_CACHE_stale);

	return (struct conf_cache_stale){
	    .while_revalidate = conf_setting_duration(
		CONF_NEAREST(&in, SETTING_CACHE_STALE_while_revalidate)),
	    .if_error = conf_setting_duration(
		CONF_NEAREST(&in, SETTING_CACHE_STALE_if_error)),
	};
}

static struct conf_cache_names read_targets(struct conf_build *b,
    const struct conf_layers *in)
{
	static const struct str fallback[] = {STR("CDN-Cache-Control")};
	const config_setting_t *s = nearest(in, SETTING_CACHE_targets);

	if (s == NULL)
		return (struct conf_cache_names){fallback, 1};
	return conf_cache_names_read(b, s, CONF_CACHE_TARGETS);
}

static struct conf_networks read_purge_from(struct conf_build *b,
    const struct conf_layers *in)
{
	const config_setting_t *s = nearest(in, SETTING_CACHE_purge_from);
	struct conf_networks networks = {.count = 0};

	if (s != NULL)
		networks = conf_networks_read(b, s);
	for (unsigned i = 0; i < networks.count; i++)
		if (networks.at[i].bits == 0 &&
		    networks.at[i].family != AF_UNIX)
			conf_report_lint(b->report, LINT_purge_everybody,
			    conf_tree_spot(s),
			    "everybody may empty the cache");
	return networks;
}

/* ---- the file ---- */

static const char *check_path(struct conf_build *b, const config_setting_t *s)
{
	const char *path = conf_tree_text(s);
	struct stat st;

	if (path[0] != '/') {
		conf_report_error(b->report, conf_tree_spot(s),
		    "\"path\" must begin with \"/\"");
		conf_report_help(b->report, "write path = %s;",
		    conf_setting_rows[SETTING_CACHE_path].example);
	} else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		conf_report_error(b->report, conf_tree_spot(s),
		    "\"%s\" is there, and is no file", path);
		conf_report_help(b->report, "write path = \"%s/cache\";", path);
	} else if (stat(conf_build_folder(b->scratch, path), &st) != 0 ||
	    !S_ISDIR(st.st_mode)) {
		conf_report_error(b->report, conf_tree_spot(s),
		    "the directory of \"%s\" does not exist", path);
		conf_report_help(b->report, "make it: install -d -m 0700 %s",
		    conf_build_folder(b->scratch, path));
	} else {
		return arena_strdup(&b->conf->arena, str_from(path));
	}
	conf_tree_node(s)->refused = true;
	return NULL;
}

void conf_cache_read_path(struct conf_build *b, const config_setting_t *root)
{
	const config_setting_t *group =
	    conf_setting_get(root, SETTING_GLOBAL_cache);
	const config_setting_t *s;

	if (group == NULL || !config_setting_is_group(group))
		return;
	s = conf_setting_get(group, SETTING_CACHE_path);
	if (s != NULL)
		b->conf->cache_path = check_path(b, s);
}

/* ---- all ---- */

/* What one client may see is not for all, unless its origin says so. */
static void lint_client_cert(struct conf_build *b,
    const struct conf_layers *layers, enum conf_client_cert client_cert)
{
	const config_setting_t *own = layers->at[0];
	const config_setting_t *group =
	    conf_layers_nearest(layers, SETTING_VHOST_cache);

	if (client_cert != CONF_CLIENT_CERT_REQUIRE ||
	    (!config_setting_is_root(own) &&
		!conf_setting_given(own, SETTING_ROUTE_cache) &&
		!conf_setting_given(own, SETTING_ROUTE_client_cert)))
		return;
	conf_report_lint(b->report, LINT_cache_client_cert,
	    conf_setting_spot(group, SETTING_VHOST_cache),
	    "clients need certificates here, and what one of them gets is "
	    "kept for all");
	conf_report_help(b->report, "write cache = false; where it matters who "
	    "asks, or let the origin say Cache-Control: private");
}

static const struct conf_cache *read_all(struct conf_build *b,
    const struct conf_layers *layers)
{
	struct conf_layers in = conf_layers_in(layers, SETTING_VHOST_cache);
	struct conf_cache *c = ARENA_NEW(&b->conf->arena, struct conf_cache);

	c->max_size = read_max_size(b, &in);
	c->max_object = read_max_object(b, &in);
	c->default_ttl =
	    conf_setting_duration(CONF_NEAREST(&in, SETTING_CACHE_default_ttl));
	c->negative_ttl = conf_setting_duration(
	    CONF_NEAREST(&in, SETTING_CACHE_negative_ttl));
	c->heuristic =
	    conf_setting_share(CONF_NEAREST(&in, SETTING_CACHE_heuristic));
	c->heuristic_max = conf_setting_duration(
	    CONF_NEAREST(&in, SETTING_CACHE_heuristic_max));
	c->stale = read_stale(&in);
	c->key = read_key(b, &in);
	c->tag_header = read_tag_header(b, &in);
	c->bypass_cookies = conf_cache_names_read(b,
	    nearest(&in, SETTING_CACHE_bypass_cookies),
	    CONF_CACHE_BYPASS_COOKIES);
	c->set_cookie = read_set_cookie(b, &in);
	c->status_header =
	    conf_setting_bool(CONF_NEAREST(&in, SETTING_CACHE_status_header));
	c->purge_from = read_purge_from(b, &in);
	c->targets = read_targets(b, &in);
	c->request_directives = conf_setting_bool(
	    CONF_NEAREST(&in, SETTING_CACHE_request_directives));
	c->collapse =
	    conf_setting_bool(CONF_NEAREST(&in, SETTING_CACHE_collapse));
	c->place = conf_spot_place(conf_setting_spot(
	    CONF_NEAREST(layers, SETTING_VHOST_cache)));
	return c;
}

/* What sluiced.conf says is looked at even if nobody caches. */
const struct conf_cache *conf_cache_read(struct conf_build *b,
    const struct conf_layers *layers, enum conf_client_cert client_cert)
{
	const config_setting_t *global = global_of(b, layers);
	bool is_on = conf_cache_is_on(layers, global);
	const struct conf_cache *c;

	check_places(b, layers, global);
	if (!is_on && (global == NULL || layers->at[0] != global ||
	    conf_setting_get(global, SETTING_GLOBAL_cache) == NULL))
		return NULL;
	c = read_all(b, layers);
	if (!is_on)
		return NULL;
	lint_client_cert(b, layers, client_cert);
	b->caches |= layers->at[0] != global;
	return c;
}

void conf_cache_check_used(struct conf_build *b)
{
	const config_setting_t *s = b->has_config ?
	    conf_setting_get(config_root_setting(&b->config),
		SETTING_GLOBAL_cache) : NULL;

	if (s == NULL || !config_setting_is_group(s) || b->caches)
		return;
	conf_report_lint(b->report, LINT_cache_unused,
	    &conf_tree_node(s)->name, "this says how to cache, and no vhost "
	    "caches");
	conf_report_help(b->report, "write cache = true; in the vhosts that "
	    "are to, or all = true; into this group");
}
