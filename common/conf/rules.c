/*
 * rules.c - rewriting: what becomes of a path.
 *
 * Runs in the master.
 *
 *	rewrite = "/products/${1}";
 *	rewrite = ( { match = "^/old/(.*)$"; to = "/new/${1}"; },
 *	            { match = "\\.php$"; to = ""; then = "continue"; },
 *	            { match = "^/shop"; redirect = 308; to = "/store"; } );
 */
#include "common/conf/rules.h"

#include "common/base/insist.h"
#include "common/conf/regex.h"
#include "common/conf/settings.h"
#include "common/conf/target.h"
#include "common/conf/value.h"

bool conf_rules_check_status(struct conf_report *r,
    const struct conf_spot *spot, unsigned status)
{
	if (status == 301 || status == 302 || status == 303 || status == 307 ||
	    status == 308)
		return true;
	conf_report_error(r, spot, "%u does not send a client elsewhere",
	    status);
	conf_report_help(r, "308 for good, 307 for now; 301 and 302 are their "
	    "old forms, 303 makes it a GET");
	return false;
}

/* ---- one rule ---- */

static void report_missing(struct conf_build *b, const config_setting_t *group,
    enum conf_setting id)
{
	if (conf_setting_given(group, id))
		return;
	conf_report_error(b->report, conf_tree_spot(group),
	    "a rule needs \"%s\"", conf_setting_rows[id].key);
	conf_report_help(b->report,
	    "write { match = \"^/old/(.*)$\"; to = \"/new/${1}\"; }");
}

static bool read_then(struct conf_build *b, const config_setting_t *group,
    struct conf_rule *rule)
{
	const char *then = conf_setting_text(group, SETTING_RULE_then);

	rule->goes_on = strcmp(then, "continue") == 0;
	if (rule->goes_on || strcmp(then, "stop") == 0)
		return true;
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_RULE_then),
	    "\"then\" is either \"stop\" or \"continue\"");
	conf_report_help(b->report, "\"continue\" tries the next rule on what "
	    "this one made of the path");
	return false;
}

static bool read_status(struct conf_build *b, const config_setting_t *group,
    struct conf_rule *rule)
{
	if (conf_setting_get(group, SETTING_RULE_redirect) == NULL)
		return true;
	rule->status = conf_setting_count(group, SETTING_RULE_redirect);
	return conf_rules_check_status(b->report,
	    conf_setting_spot(group, SETTING_RULE_redirect), rule->status);
}

static bool read_match(struct conf_build *b, const config_setting_t *group,
    struct conf_rule *rule)
{
	const config_setting_t *match =
	    conf_setting_get(group, SETTING_RULE_match);

	report_missing(b, group, SETTING_RULE_match);
	if (match != NULL)
		rule->match = conf_regex_read(b, conf_tree_spot(match),
		    str_from(conf_tree_text(match)));
	return rule->match != NULL;
}

/* A new path, or a place to go. */
static bool read_to(struct conf_build *b, const config_setting_t *to,
    struct conf_rule *rule)
{
	if (!conf_value_read(b, to, rule->match, &rule->to) ||
	    !conf_value_check_url(b, to, &rule->to,
		rule->status != 0 ? "?#" : "?"))
		return false;
	if (rule->status != 0)
		return !conf_value_is_url(&rule->to) ||
		    conf_value_check_authority(b, to, &rule->to);
	if (!conf_value_is_url(&rule->to))
		return conf_target_check(b, to, &rule->to, false);
	conf_report_error(b->report, conf_tree_spot(to),
	    "a path is rewritten to a path");
	conf_report_help(b->report,
	    "to send the client there, add redirect = 308;");
	return false;
}

static bool read_rule(struct conf_build *b, const config_setting_t *group,
    struct conf_rule *rule)
{
	const config_setting_t *to;
	bool ok;

	conf_settings_check(b->report, group, CONTEXT_RULE);
	rule->place = conf_spot_place(conf_tree_spot(group));
	to = conf_setting_get(group, SETTING_RULE_to);
	ok = read_match(b, group, rule);
	ok &= read_status(b, group, rule);
	ok &= read_then(b, group, rule);
	report_missing(b, group, SETTING_RULE_to);
	if (ok && to != NULL)
		ok = read_to(b, to, rule);
	conf_settings_done(group);
	return ok && to != NULL;
}

/* ---- all of them ---- */

static bool read_template(struct conf_build *b,
    const config_setting_t *setting, const struct conf_pattern *pattern,
    struct conf_rule *rule)
{
	rule->place = conf_spot_place(conf_tree_spot(setting));
	return conf_value_read(b, setting, pattern, &rule->to) &&
	    conf_value_check_url(b, setting, &rule->to, "?") &&
	    conf_target_check(b, setting, &rule->to, true);
}

struct conf_rules conf_rules_read(struct conf_build *b,
    const config_setting_t *group, enum conf_setting id,
    const struct conf_pattern *pattern)
{
	const config_setting_t *setting = conf_setting_get(group, id);
	unsigned items = setting ? conf_tree_item_count(setting) : 0;
	struct conf_rule *at =
	    ARENA_ARRAY(&b->conf->arena, struct conf_rule, items);
	unsigned count = 0;

	for (unsigned i = 0; i < items; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (conf_tree_refused(item))
			continue;
		if (config_setting_is_group(item))
			count += read_rule(b, item, &at[count]);
		else
			count += read_template(b, item, pattern, &at[count]);
	}
	return (struct conf_rules){at, count};
}
