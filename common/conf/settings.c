/*
 * settings.c - the settings of common/tbl/settings.h in a group of a file.
 *
 * Runs in the master.  Getters, and the names of what may stand where; the
 * values themselves are checked in check.c.  The defaults have one home, the
 * table, and are read from their text by the same code as a file's values.
 */
#include "common/conf/settings.h"

#include "common/base/insist.h"
#include "common/conf/check.h"
#include "common/conf/foreign.h"
#include "common/conf/suggest.h"

const struct conf_setting_row conf_setting_rows[SETTING_END] = {
#define SETTING(context, key, type, least, most, fallback, example, help)     \
	{CONTEXT_##context, TYPE_##type, #key, least, most, fallback,         \
	    example, help},
#define LATER(context, key, help)                                             \
	{CONTEXT_##context, TYPE_LATER, #key, 0, 0, NULL, NULL, help},
#include "common/tbl/settings.h"
#undef SETTING
#undef LATER
};

static const char *const context_names[] = {
    [CONTEXT_GLOBAL] = "sluiced.conf",
    [CONTEXT_SHARED] = "shared",
    [CONTEXT_CONTROL] = "control of sluiced.conf",
    [CONTEXT_LOG] = "log",
    [CONTEXT_ERROR_LOG] = "error_log",
    [CONTEXT_VHOST] = "a file of vhost_dir",
    [CONTEXT_POOL] = "a pool",
    [CONTEXT_SERVER] = "an entry of servers",
    [CONTEXT_ROUTE] = "an entry of routes",
    [CONTEXT_MIRROR] = "mirror",
    [CONTEXT_RULE] = "an entry of rewrite",
    [CONTEXT_REDIRECT] = "redirect",
    [CONTEXT_RESPOND] = "respond",
    [CONTEXT_HEADERS] = "headers",
    [CONTEXT_FIELDS] = "request or response of headers",
    [CONTEXT_LIMITS] = "limits",
    [CONTEXT_TIMEOUTS] = "timeouts",
    [CONTEXT_POOL_LIMITS] = "limits of a pool",
    [CONTEXT_POOL_TIMEOUTS] = "timeouts of a pool",
    [CONTEXT_KEEPALIVE] = "keepalive of a pool",
    [CONTEXT_HEALTH] = "health of a pool",
    [CONTEXT_OUTLIER] = "outlier of a pool",
    [CONTEXT_BREAKER] = "breaker of a pool",
    [CONTEXT_QUEUE] = "queue of a pool",
    [CONTEXT_STICKY] = "sticky of a pool",
    [CONTEXT_RESOLVE] = "resolve of a pool",
    [CONTEXT_COOKIES] = "cookies",
    [CONTEXT_ERROR] = "an entry of errors",
    [CONTEXT_SPLIT] = "split of a route",
    [CONTEXT_ARM] = "an arm of a split",
    [CONTEXT_BUFFERING] = "buffering",
    [CONTEXT_RETRY] = "retry of a pool",
    [CONTEXT_TLS] = "tls",
    [CONTEXT_CERT] = "an entry of certs",
    [CONTEXT_HSTS] = "hsts of tls",
    [CONTEXT_POOL_TLS] = "tls of a pool",
    [CONTEXT_CACHE] = "cache",
    [CONTEXT_CACHE_STALE] = "stale of cache",
    [CONTEXT_CACHE_KEY] = "key of cache",
};

static const struct conf_setting_row *find_row(struct str key,
    enum conf_context context)
{
	for (unsigned i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == context &&
		    str_eq(str_from(conf_setting_rows[i].key), key))
			return &conf_setting_rows[i];
	return NULL;
}

/* The same name in another place, built ones first. */
static const struct conf_setting_row *find_elsewhere(struct str key,
    enum conf_context context)
{
	const struct conf_setting_row *later = NULL;

	if (context == CONTEXT_CONTROL || context == CONTEXT_LOG ||
	    context == CONTEXT_ERROR_LOG || context == CONTEXT_CACHE ||
	    context == CONTEXT_CACHE_STALE || context == CONTEXT_CACHE_KEY)
		return NULL; /* who is in there did not mean to be elsewhere */
	for (unsigned i = 0; i < SETTING_END; i++) {
		const struct conf_setting_row *row = &conf_setting_rows[i];

		if (!str_eq(str_from(row->key), key))
			continue;
		if (row->type != TYPE_LATER)
			return row;
		later = row;
	}
	return later;
}

/* Is NAME the end of KEY, as "ttl" is of "default_ttl"? */
static bool ends_key(const char *key, struct str name)
{
	size_t n = strlen(key);

	return n > name.n && key[n - name.n - 1] == '_' &&
	    str_eq(str_from(key + n - name.n), name);
}

static const char *nearest_key(struct str key, enum conf_context context)
{
	struct conf_suggest suggest = conf_suggest_make(key);

	for (unsigned i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == context)
			conf_suggest_offer(&suggest, conf_setting_rows[i].key);
	for (unsigned i = 0; i < SETTING_END && suggest.best == NULL; i++)
		if (conf_setting_rows[i].context == context &&
		    ends_key(conf_setting_rows[i].key, key))
			return conf_setting_rows[i].key;
	return suggest.best;
}

static void help_unknown(struct conf_report *r, struct str key,
    enum conf_context context)
{
	const struct conf_setting_row *elsewhere = find_elsewhere(key, context);
	const char *near = nearest_key(key, context);
	const struct conf_setting_row *row =
	    near ? find_row(str_from(near), context) : NULL;

	if (conf_foreign_help(r, key, false))
		return;
	if (elsewhere != NULL)
		conf_report_help(r, "it belongs into %s%s",
		    context_names[elsewhere->context],
		    elsewhere->type == TYPE_LATER ? " (not built yet)" : "");
	else if (row != NULL)
		conf_report_help(r, "did you mean \"%s\"?  (%s%s)", near,
		    row->help,
		    row->type == TYPE_LATER ? "; not built yet" : "");
	else
		(void)conf_foreign_help(r, key, true);
}

static void refuse_unknown(struct conf_report *r,
    const config_setting_t *setting, enum conf_context context)
{
	struct str key = str_from(setting->name);
	char path[CONF_TREE_PATH_SIZE];

	conf_report_error(r, &conf_tree_node(setting)->name,
	    "unknown setting \"%" PRI_STR "\"%s", ARG_STR(key),
	    conf_tree_path(setting->parent, path));
	help_unknown(r, key, context);
}

static void refuse_later(struct conf_report *r,
    const config_setting_t *setting, const struct conf_setting_row *row)
{
	char path[CONF_TREE_PATH_SIZE];

	conf_report_error(r, &conf_tree_node(setting)->name,
	    "\"%s\"%s is not built yet  (%s)", row->key,
	    conf_tree_path(setting->parent, path), row->help);
	conf_report_help(r, "remove it, or wait for the version that has it");
}

/* The long form of what may be a name alone. */
static bool has_long_form(const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	return (row->type == TYPE_LOG || row->type == TYPE_FILE ||
		row->type == TYPE_BRIEF || row->type == TYPE_FEATURE ||
		row->type == TYPE_TERM || row->type == TYPE_TLS) &&
	    config_setting_is_group(setting);
}

static bool check_setting(struct conf_report *r,
    const config_setting_t *setting, enum conf_context context)
{
	const struct conf_setting_row *row =
	    find_row(str_from(setting->name), context);

	if (row == NULL) {
		refuse_unknown(r, setting, context);
		return false;
	}
	if (row->type == TYPE_LATER) {
		refuse_later(r, setting, row);
		return false;
	}
	if (!conf_check_value(r, setting, row))
		return false;
	if (row->type == TYPE_GROUP || has_long_form(setting, row))
		conf_settings_check(r, setting, (enum conf_context)row->least);
	return true;
}

void conf_settings_check(struct conf_report *r, const config_setting_t *group,
    enum conf_context context)
{
	int count = config_setting_length(group);

	INSIST(config_setting_is_group(group));
	for (int i = 0; i < count; i++) {
		config_setting_t *setting =
		    config_setting_get_elem(group, (unsigned)i);

		if (!conf_tree_refused(setting) &&
		    !check_setting(r, setting, context))
			conf_tree_node(setting)->refused = true;
	}
}

void conf_settings_done(const config_setting_t *group)
{
	const struct conf_node *node = conf_tree_node(group)->first;

	for (; node != NULL; node = node->next)
		INSIST(node->refused || node->used);
}

/* ---- getters ---- */

static const config_setting_t *find(const config_setting_t *group,
    enum conf_setting id)
{
	INSIST(id < SETTING_END);
	if (group == NULL)
		return NULL;
	return config_setting_get_member(group, conf_setting_rows[id].key);
}

bool conf_setting_given(const config_setting_t *group, enum conf_setting id)
{
	return find(group, id) != NULL;
}

const config_setting_t *conf_setting_get(const config_setting_t *group,
    enum conf_setting id)
{
	const config_setting_t *setting = find(group, id);

	if (setting == NULL || conf_tree_node(setting)->refused)
		return NULL;
	conf_tree_node(setting)->used = true;
	return setting;
}

const char *conf_setting_text(const config_setting_t *group,
    enum conf_setting id)
{
	const config_setting_t *setting = conf_setting_get(group, id);

	if (setting == NULL)
		return conf_setting_rows[id].fallback;
	return conf_setting_rows[id].type == TYPE_TEMPLATE
		   ? conf_tree_template(setting)
		   : conf_tree_text(setting);
}

unsigned conf_setting_count(const config_setting_t *group,
    enum conf_setting id)
{
	const config_setting_t *setting = conf_setting_get(group, id);
	uint64_t value = 0;
	bool ok;

	if (setting != NULL)
		return (unsigned)conf_check_integer(setting);
	ok = str_to_u64(str_from(conf_setting_rows[id].fallback), UINT32_MAX,
	    &value);
	INSIST(ok);
	return (unsigned)value;
}

usec_t conf_setting_duration(const config_setting_t *group,
    enum conf_setting id)
{
	usec_t value = 0;
	bool ok = conf_units_duration(str_from(conf_setting_text(group, id)),
	    &value);

	INSIST(ok);
	return value;
}

mode_t conf_setting_mode(const config_setting_t *group, enum conf_setting id)
{
	mode_t value = 0;
	bool ok =
	    conf_units_mode(str_from(conf_setting_text(group, id)), &value);

	INSIST(ok);
	return value;
}

uint64_t conf_setting_size(const config_setting_t *group,
    enum conf_setting id)
{
	uint64_t value = 0;
	bool ok =
	    conf_units_size(str_from(conf_setting_text(group, id)), &value);

	INSIST(ok);
	return value;
}

struct conf_rate conf_setting_rate(const config_setting_t *group,
    enum conf_setting id)
{
	struct conf_rate value = {.bytes = 0};
	bool ok =
	    conf_units_rate(str_from(conf_setting_text(group, id)), &value);

	INSIST(ok);
	return value;
}

struct conf_flood conf_setting_flood(const config_setting_t *group,
    enum conf_setting id)
{
	struct conf_flood value = {.count = 0};
	bool ok =
	    conf_units_flood(str_from(conf_setting_text(group, id)), &value);

	INSIST(ok);
	return value;
}

bool conf_setting_bool(const config_setting_t *group, enum conf_setting id)
{
	const config_setting_t *setting = conf_setting_get(group, id);

	if (setting != NULL)
		return config_setting_get_bool(setting);
	return strcmp(conf_setting_rows[id].fallback, "true") == 0;
}

uint32_t conf_setting_share(const config_setting_t *group,
    enum conf_setting id)
{
	uint32_t value = 0;
	bool ok =
	    conf_units_share(str_from(conf_setting_text(group, id)), &value);

	INSIST(ok);
	return value;
}

bool conf_setting_feature(const config_setting_t *group, enum conf_setting id,
    const config_setting_t **group_r)
{
	const config_setting_t *setting = conf_setting_get(group, id);

	*group_r = NULL;
	if (setting == NULL)
		return strcmp(conf_setting_rows[id].fallback, "true") == 0;
	if (!config_setting_is_group(setting))
		return config_setting_get_bool(setting);
	*group_r = setting;
	return true;
}

const struct conf_spot *conf_setting_spot(const config_setting_t *group,
    enum conf_setting id)
{
	const config_setting_t *setting = find(group, id);

	INSIST(group != NULL);
	return conf_tree_spot(setting != NULL ? setting : group);
}
