/*
 * retry.c - when a request is sent to another server.
 *
 * Runs in the master.
 */
#include "common/conf/retry.h"

#include "common/conf/settings.h"
#include "common/conf/statuses.h"
#include "common/conf/when.h"

static bool add_cause(struct conf_retry *retry, struct str text)
{
	struct conf_statuses set = {CONF_ERROR_LEAST, CONF_ERROR_MOST,
	    retry->statuses};

	if (str_eq(text, STR("connect")))
		retry->on_connect = true;
	else if (str_eq(text, STR("reset")))
		retry->on_reset = true;
	else if (str_eq(text, STR("timeout")))
		retry->on_timeout = true;
	else if (conf_statuses_add(&set, text))
		retry->on_statuses = true;
	else
		return false;
	return true;
}

static void read_causes(struct conf_build *b, const config_setting_t *g,
    struct conf_retry *retry)
{
	const config_setting_t *on = conf_setting_get(g, SETTING_RETRY_on);

	if (on == NULL)
		retry->on_connect = retry->on_reset = true;
	for (unsigned i = 0; on && i < conf_tree_item_count(on); i++) {
		const config_setting_t *item = conf_tree_item(on, i);

		if (conf_tree_refused(item) ||
		    add_cause(retry, str_from(conf_tree_text(item))))
			continue;
		conf_report_error(b->report, conf_tree_spot(item),
		    "nothing is sent again for this");
		conf_report_help(b->report, "\"connect\", \"reset\", "
		    "\"timeout\", or a status from %u to %u or a range of them",
		    CONF_ERROR_LEAST, CONF_ERROR_MOST);
	}
}

static bool check_method(struct conf_build *b, const config_setting_t *item)
{
	if (conf_when_is_method(str_from(conf_tree_text(item))))
		return true;
	conf_report_error(b->report, conf_tree_spot(item),
	    "this is not a method");
	conf_report_help(b->report, "methods are written in capitals: "
	    "methods = %s;", conf_setting_rows[SETTING_RETRY_methods].example);
	return false;
}

static void read_methods(struct conf_build *b, const config_setting_t *g,
    struct conf_retry *retry)
{
	const config_setting_t *methods =
	    conf_setting_get(g, SETTING_RETRY_methods);
	unsigned count = methods ? conf_tree_item_count(methods) : 0;
	struct arena *a = &b->conf->arena;
	struct str *at;

	if (count == 0)
		return;
	retry->methods = at = ARENA_ARRAY(a, struct str, count);
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(methods, i);

		if (!conf_tree_refused(item) && check_method(b, item))
			at[retry->method_count++] = str_from(arena_strdup(a,
			    str_from(conf_tree_text(item))));
	}
}

void conf_retry_read(struct conf_build *b, const config_setting_t *pool,
    struct conf_retry *retry)
{
	const config_setting_t *g;

	retry->attempts = 1;
	if (!conf_setting_feature(pool, SETTING_POOL_retry, &g))
		return;
	retry->attempts = conf_setting_count(g, SETTING_RETRY_attempts);
	retry->budget = conf_setting_share(g, SETTING_RETRY_budget);
	read_causes(b, g, retry);
	read_methods(b, g, retry);
}
