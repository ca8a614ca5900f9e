/*
 * show_group.c - the settings of a group, as sluiced -T prints them.
 *
 * Runs in the process of -T.  One walk over the settings table for each group:
 * of a setting its nearest place is printed, or its default.
 */
#include "common/conf/show_group.h"

#include "common/base/insist.h"
#include "common/conf/health.h"
#include "common/conf/scope.h"

/* ---- single settings ---- */

static bool needs_quotes(enum conf_type type, const char *text)
{
	if (type == TYPE_OFF)
		return strcmp(text, "false") != 0;
	return type != TYPE_COUNT && type != TYPE_BOOL &&
	    type != TYPE_FEATURE && type != TYPE_TERM;
}

/* NULL: it has none. */
static const char *default_of(const struct conf_writer *w,
    enum conf_setting id)
{
	if (w->foreground && (id == SETTING_GLOBAL_pid_file ||
		id == SETTING_CONTROL_socket))
		return NULL;
	if (w->foreground &&
	    (id == SETTING_LOG_file || id == SETTING_ERROR_LOG_file))
		return "-";
	return conf_setting_rows[id].fallback;
}

void conf_show_default(struct conf_writer *w, enum conf_setting id)
{
	const struct conf_setting_row *row = &conf_setting_rows[id];
	const char *text = default_of(w, id);
	static const struct conf_spot nowhere;

	if (text == NULL)
		return;
	conf_write_begin(w, row->key);
	if (needs_quotes(row->type, text))
		conf_write_string(w, str_from(text));
	else
		conf_write(w, "%s", text);
	conf_write(w, ";");
	conf_write_end(w, &nowhere);
}

void conf_show_setting(struct conf_writer *w, const config_setting_t *s)
{
	conf_write_begin(w, s->name);
	conf_write_value(w, s);
	conf_write(w, ";");
	conf_write_end(w, conf_tree_spot(s));
}

/* ---- groups ---- */

/* { } of CONTEXT, as an element; what is in it is all that there is. */
static void show_element(struct conf_writer *w, enum conf_context context,
    const config_setting_t *group)
{
	struct conf_layers own = conf_layers_over(NULL, group);

	conf_write_begin(w, NULL);
	conf_write_open(w, "{", conf_tree_spot(group));
	conf_show_group(w, context, &own);
	conf_write_close(w, "}");
}

static void show_server(struct conf_writer *w, const config_setting_t *item)
{
	if (config_setting_is_group(item)) {
		show_element(w, CONTEXT_SERVER, item);
		return;
	}
	conf_write_begin(w, NULL);
	conf_write_open(w, "{", conf_tree_spot(item));
	conf_write_begin(w, conf_setting_rows[SETTING_SERVER_url].key);
	conf_write_value(w, item);
	conf_write(w, ";");
	conf_write_end(w, conf_tree_spot(item));
	for (int i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == CONTEXT_SERVER &&
		    conf_setting_rows[i].fallback != NULL)
			conf_show_default(w, (enum conf_setting)i);
	conf_write_close(w, "}");
}

/* ( { }, { } ), each by SHOW. */
static void show_list(struct conf_writer *w, const config_setting_t *s,
    void (*show)(struct conf_writer *w, const config_setting_t *item))
{
	unsigned count = conf_tree_item_count(s);

	conf_write_begin(w, s->name);
	conf_write_open(w, "(", conf_tree_spot(s));
	for (unsigned i = 0; i < count; i++) {
		show(w, conf_tree_item(s, i));
		if (i + 1 < count)
			conf_write(w, ",");
		conf_write_end(w, NULL);
	}
	conf_write_close(w, ");");
	conf_write_end(w, NULL);
}

static void show_error(struct conf_writer *w, const config_setting_t *group)
{
	show_element(w, CONTEXT_ERROR, group);
}

static void show_split(struct conf_writer *w, const config_setting_t *group)
{
	show_element(w, CONTEXT_SPLIT, group);
}

static void show_arm(struct conf_writer *w, const config_setting_t *group)
{
	show_element(w, CONTEXT_ARM, group);
}

static void show_cert(struct conf_writer *w, const config_setting_t *group)
{
	show_element(w, CONTEXT_CERT, group);
}

static void show_pools(struct conf_writer *w, const config_setting_t *pools)
{
	unsigned count = (unsigned)config_setting_length(pools);

	conf_write_begin(w, pools->name);
	conf_write_open(w, "{", conf_tree_spot(pools));
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *pool =
		    config_setting_get_elem(pools, i);
		struct conf_layers own = conf_layers_over(NULL, pool);

		conf_write_begin(w, pool->name);
		conf_write_open(w, "{", conf_tree_spot(pool));
		conf_show_group(w, CONTEXT_POOL, &own);
		conf_write_close(w, "};");
		conf_write_end(w, NULL);
	}
	conf_write_close(w, "};");
	conf_write_end(w, NULL);
}

/* Is anything in force in CONTEXT that nobody wrote? */
static bool has_defaults(enum conf_context context)
{
	for (int i = 0; i < SETTING_END; i++) {
		const struct conf_setting_row *row = &conf_setting_rows[i];

		if (row->context == context && (row->fallback != NULL ||
		    (row->type == TYPE_GROUP &&
			has_defaults((enum conf_context)row->least))))
			return true;
	}
	return false;
}

/* Does a group of CONTEXT switch something on?  While it is absent nothing of
 * it is in force. */
static bool switches_on(enum conf_context context)
{
	return context == CONTEXT_STICKY || context == CONTEXT_POOL_TLS;
}

static void show_sub_group(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers)
{
	const struct conf_setting_row *row = &conf_setting_rows[id];
	struct conf_layers in = conf_layers_in(layers, id);

	if (in.count == 0 && (switches_on((enum conf_context)row->least) ||
		!has_defaults((enum conf_context)row->least)))
		return;
	conf_write_begin(w, row->key);
	conf_write_open(w, "{", NULL);
	if (row->least == CONTEXT_FIELDS)
		conf_show_fields(w, &in);
	else
		conf_show_group(w, (enum conf_context)row->least, &in);
	conf_write_close(w, "};");
	conf_write_end(w, NULL);
}

/* Its group, if it is on; else false, as written. */
static void show_feature(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers)
{
	const config_setting_t *group = conf_layers_nearest(layers, id);
	const config_setting_t *s =
	    group != NULL ? conf_setting_get(group, id) : NULL;
	const config_setting_t *ignored;

	if (conf_setting_feature(group, id, &ignored))
		show_sub_group(w, id, layers);
	else if (s != NULL)
		conf_show_setting(w, s);
	else
		conf_show_default(w, id);
}

void conf_show_own_pool(struct conf_writer *w)
{
	struct conf_layers none = conf_layers_over(NULL, NULL);

	INSIST(w->depth > 0 && w->remarks == 0);
	w->remarks = w->depth;
	for (int i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == CONTEXT_POOL &&
		    (conf_setting_rows[i].type == TYPE_GROUP ||
			conf_setting_rows[i].type == TYPE_FEATURE))
			conf_show_row(w, (enum conf_setting)i, &none);
	w->remarks = 0;
}

void conf_show_row(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers)
{
	const struct conf_setting_row *row = &conf_setting_rows[id];
	const config_setting_t *group = conf_layers_nearest(layers, id);
	const config_setting_t *s =
	    group != NULL ? conf_setting_get(group, id) : NULL;

	if (row->type == TYPE_LOG || row->type == TYPE_FILE)
		conf_show_log(w, id, layers);
	else if (row->type == TYPE_GROUP)
		show_sub_group(w, id, layers);
	else if (row->least == CONTEXT_CACHE && row->type == TYPE_FEATURE)
		conf_show_cache(w, id, layers);
	else if (row->type == TYPE_FEATURE)
		show_feature(w, id, layers);
	else if (row->type == TYPE_TLS)
		conf_show_tls(w, id, layers);
	else if (s == NULL)
		conf_show_default(w, id);
	else if (conf_show_is_file(id, s))
		conf_show_file(w, s);
	else if (row->type == TYPE_TERM)
		conf_show_term(w, id, s);
	else if (id == SETTING_TLS_certs)
		show_list(w, s, show_cert);
	else if (id == SETTING_VHOST_pools)
		show_pools(w, s);
	else if (row->type == TYPE_SERVERS)
		show_list(w, s, show_server);
	else if (row->type == TYPE_GROUPS && strcmp(row->key, "errors") == 0)
		show_list(w, s, show_error);
	else if (id == SETTING_ROUTE_split)
		show_list(w, s, show_split);
	else if (id == SETTING_SPLIT_arms)
		show_list(w, s, show_arm);
	else
		conf_show_setting(w, s);
	if (id == SETTING_ROUTE_proxy && s != NULL)
		conf_show_own_pool(w);
}

/* Some checks have no use for some settings, and no default then; and what is
 * of a connection is not of a route. */
static bool is_of_use(const struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers)
{
	if (id == SETTING_LIMITS_handshakes)
		return w->part == CONTEXT_GLOBAL;
	if (conf_scope_is_of_connection(id))
		return w->part != CONTEXT_ROUTE;
	if (conf_setting_rows[id].context == CONTEXT_CACHE)
		return conf_show_is_of_cache(w, id);
	return conf_setting_rows[id].context != CONTEXT_HEALTH ||
	    conf_health_has(conf_layers_nearest(layers, SETTING_HEALTH_type),
		id);
}

void conf_show_group(struct conf_writer *w, enum conf_context context,
    const struct conf_layers *layers)
{
	for (int i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == context &&
		    conf_setting_rows[i].type != TYPE_LATER &&
		    is_of_use(w, (enum conf_setting)i, layers))
			conf_show_row(w, (enum conf_setting)i, layers);
}
