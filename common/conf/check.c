/*
 * check.c - is a value what its setting takes?
 *
 * Runs in the master.  One function a type, chosen by the settings table.
 * What is wrong is said with what to write instead, made from what was
 * written where that can be known (drain = 60 -> "60s").
 */
#include "common/conf/check.h"

#include "common/base/insist.h"
#include "common/conf/variables.h"

static bool is_text(const config_setting_t *s)
{
	return s->type == CONFIG_TYPE_STRING;
}

/* May there be "${...}" in it that is filled in for each request? */
static bool is_template(enum conf_type type)
{
	return type == TYPE_TEMPLATE || type == TYPE_BRIEF ||
	    type == TYPE_RULES || type == TYPE_FIELDS;
}

static bool is_integer(const config_setting_t *s)
{
	return s->type == CONFIG_TYPE_INT || s->type == CONFIG_TYPE_INT64;
}

long long conf_check_integer(const config_setting_t *setting)
{
	INSIST(is_integer(setting));
	return setting->type == CONFIG_TYPE_INT
		   ? config_setting_get_int(setting)
		   : config_setting_get_int64(setting);
}

static void help_example(struct conf_report *r,
    const struct conf_setting_row *row)
{
	conf_report_help(r, "write %s = %s;  (%s)", row->key, row->example,
	    row->help);
}

/* SETTING is the value, or the element of it that is wrong. */
static bool refuse_type(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	struct str written = conf_spot_text(conf_tree_spot(setting));

	conf_report_error(r, conf_tree_spot(setting),
	    "\"%s\" takes %s, not %s", row->key, conf_check_type_name(row->type),
	    conf_check_kind_name(setting));
	if (row->type == TYPE_DURATION && is_integer(setting))
		conf_report_help(r, "write %s = \"%" PRI_STR "s\";  (%s)",
		    row->key, ARG_STR(written), row->help);
	else if ((row->type == TYPE_MODE || row->type == TYPE_SIZE) &&
	    is_integer(setting))
		conf_report_help(r, "write %s = \"%" PRI_STR "\";", row->key,
		    ARG_STR(written));
	else
		help_example(r, row);
	return false;
}

static bool refuse_empty(struct conf_report *r,
    const config_setting_t *setting, const struct conf_setting_row *row)
{
	conf_report_error(r, conf_tree_spot(setting), "\"%s\" is empty",
	    row->key);
	help_example(r, row);
	return false;
}

static bool check_text(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	if (!is_text(setting))
		return refuse_type(r, setting, row);
	if (*conf_tree_text(setting) == '\0')
		return refuse_empty(r, setting, row);
	return true;
}

static bool check_item(struct conf_report *r, const config_setting_t *item,
    const struct conf_setting_row *row)
{
	if ((row->type == TYPE_LISTEN || row->type == TYPE_STATUSES) &&
	    is_integer(item))
		return true;
	if (row->type == TYPE_SERVERS && config_setting_is_group(item))
		return true;
	if (row->type == TYPE_GROUPS || row->type == TYPE_RULES ||
	    row->type == TYPE_SPLITS)
		return config_setting_is_group(item) ||
		    refuse_type(r, item, row);
	return check_text(r, item, row);
}

/* One scalar, or an array or list of what the type allows, never none. */
static bool check_items(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	unsigned count = conf_tree_item_count(setting);

	if (config_setting_is_group(setting))
		return refuse_type(r, setting, row);
	if (count == 0)
		return refuse_empty(r, setting, row);
	if (count > row->most) {
		conf_report_error(r, conf_tree_spot(setting),
		    "\"%s\" has %u elements; it takes at most %u", row->key,
		    count, (unsigned)row->most);
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (conf_tree_refused(item))
			continue;
		if ((!is_template(row->type) &&
			conf_variables_refuse(r, item, row->key)) ||
		    !check_item(r, item, row))
			conf_tree_node(item)->refused = true;
	}
	return true;
}

static bool check_count(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	long long value;

	if (!is_integer(setting))
		return refuse_type(r, setting, row);
	value = conf_check_integer(setting);
	if (value >= (long long)row->least && value <= (long long)row->most)
		return true;
	conf_report_error(r, conf_tree_spot(setting),
	    "\"%s\" is at least %llu and at most %llu", row->key,
	    (unsigned long long)row->least, (unsigned long long)row->most);
	help_example(r, row);
	return false;
}

static bool refuse_duration(struct conf_report *r,
    const config_setting_t *setting, const struct conf_setting_row *row)
{
	const char *text = conf_tree_text(setting);
	uint64_t ignored;

	conf_report_error(r, conf_tree_spot(setting), "this is not a duration");
	if (str_to_u64(str_from(text), UINT32_MAX, &ignored))
		conf_report_help(r, "its unit is missing: write %s = \"%ss\";",
		    row->key, text);
	else
		conf_report_help(r, "one whole number and one unit of ms, s, "
		    "m, h, d: %s = %s;", row->key, row->example);
	return false;
}

/* LEAST and MOST as an operator writes them. */
static bool refuse_range(struct conf_report *r,
    const config_setting_t *setting, const struct conf_setting_row *row,
    const char *least, const char *most)
{
	conf_report_error(r, conf_tree_spot(setting),
	    "\"%s\" is at least \"%s\" and at most \"%s\"", row->key, least,
	    most);
	help_example(r, row);
	return false;
}

static bool check_duration(struct conf_report *r,
    const config_setting_t *setting, const struct conf_setting_row *row)
{
	char least[CONF_UNITS_SIZE], most[CONF_UNITS_SIZE];
	usec_t value;

	if (!is_text(setting))
		return refuse_type(r, setting, row);
	if (!conf_units_duration(str_from(conf_tree_text(setting)), &value))
		return refuse_duration(r, setting, row);
	if (value >= (usec_t)row->least && value <= (usec_t)row->most)
		return true;
	return refuse_range(r, setting, row,
	    conf_units_time(least, (usec_t)row->least),
	    conf_units_time(most, (usec_t)row->most));
}

static bool check_size(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	char least[CONF_UNITS_SIZE], most[CONF_UNITS_SIZE];
	uint64_t value;

	if (!is_text(setting))
		return refuse_type(r, setting, row);
	if (!conf_units_size(str_from(conf_tree_text(setting)), &value)) {
		conf_report_error(r, conf_tree_spot(setting),
		    "this is not a size");
		conf_report_help(r, "one whole number and k, m, g or nothing: "
		    "%s = %s;", row->key, row->example);
		return false;
	}
	if (value >= row->least && value <= row->most)
		return true;
	return refuse_range(r, setting, row,
	    conf_units_bytes(least, row->least),
	    conf_units_bytes(most, row->most));
}

static bool check_rate(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	char least[CONF_UNITS_SIZE], most[CONF_UNITS_SIZE];
	struct conf_rate rate;

	if (!is_text(setting))
		return refuse_type(r, setting, row);
	if (!conf_units_rate(str_from(conf_tree_text(setting)), &rate))
		conf_report_error(r, conf_tree_spot(setting),
		    "\"%s\" is bytes a second, \"/\", and a time", row->key);
	else if (rate.over < (usec_t)row->least ||
	    rate.over > (usec_t)row->most)
		conf_report_error(r, conf_tree_spot(setting),
		    "the time of \"%s\" is at least \"%s\" and at most "
		    "\"%s\"", row->key,
		    conf_units_time(least, (usec_t)row->least),
		    conf_units_time(most, (usec_t)row->most));
	else
		return true;
	help_example(r, row);
	return false;
}

static bool check_flood(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	char least[CONF_UNITS_SIZE], most[CONF_UNITS_SIZE];
	struct conf_flood flood;

	if (!is_text(setting))
		return refuse_type(r, setting, row);
	if (!conf_units_flood(str_from(conf_tree_text(setting)), &flood))
		conf_report_error(r, conf_tree_spot(setting),
		    "\"%s\" is a number, \"/\", and a time; or \"0\": any "
		    "number", row->key);
	else if (flood.count > 0 && (flood.over < (usec_t)row->least ||
		flood.over > (usec_t)row->most))
		conf_report_error(r, conf_tree_spot(setting),
		    "the time of \"%s\" is at least \"%s\" and at most "
		    "\"%s\"", row->key,
		    conf_units_time(least, (usec_t)row->least),
		    conf_units_time(most, (usec_t)row->most));
	else
		return true;
	help_example(r, row);
	return false;
}

/* What is in a group is checked by itself. */
static bool check_term(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	usec_t value;

	if (config_setting_is_group(setting))
		return true;
	if (setting->type == CONFIG_TYPE_BOOL &&
	    !config_setting_get_bool(setting))
		return true;
	if (!is_text(setting))
		return refuse_type(r, setting, row);
	return conf_units_duration(str_from(conf_tree_text(setting)), &value) ||
	    refuse_duration(r, setting, row);
}

static bool check_tls(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	if (config_setting_is_group(setting) ||
	    setting->type == CONFIG_TYPE_BOOL)
		return true;
	if (!is_text(setting))
		return refuse_type(r, setting, row);
	if (strcmp(conf_tree_text(setting), "passthrough") == 0)
		return true;
	refuse_type(r, setting, row);
	return false;
}

static bool check_off(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	if (setting->type == CONFIG_TYPE_BOOL &&
	    !config_setting_get_bool(setting))
		return true;
	return check_text(r, setting, row);
}

static bool check_mode(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	mode_t mode;

	if (!is_text(setting))
		return refuse_type(r, setting, row);
	if (conf_units_mode(str_from(conf_tree_text(setting)), &mode))
		return true;
	conf_report_error(r, conf_tree_spot(setting),
	    "\"%s\" is four octal digits, the first of them 0", row->key);
	help_example(r, row);
	return false;
}

static bool check_share(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	uint32_t value;

	if (!is_text(setting))
		return refuse_type(r, setting, row);
	if (conf_units_share(str_from(conf_tree_text(setting)), &value))
		return true;
	conf_report_error(r, conf_tree_spot(setting),
	    "\"%s\" is a number from 0 to 100 and \"%%\"", row->key);
	help_example(r, row);
	return false;
}

/* What is in the group is checked by itself. */
static bool check_log(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	if (config_setting_is_group(setting) ||
	    (row->type == TYPE_LOG && setting->type == CONFIG_TYPE_BOOL))
		return true;
	return check_text(r, setting, row);
}

static bool check_named(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	int count = config_setting_length(setting);

	if (!config_setting_is_group(setting))
		return refuse_type(r, setting, row);
	if (count == 0)
		return refuse_empty(r, setting, row);
	for (int i = 0; i < count; i++) {
		const config_setting_t *member =
		    config_setting_get_elem(setting, (unsigned)i);

		if (config_setting_is_group(member))
			continue;
		refuse_type(r, member, row);
		conf_tree_node(member)->refused = true;
	}
	return true;
}

/* { Name = "value"; }: the names are looked at where they are used. */
static bool check_fields(struct conf_report *r,
    const config_setting_t *setting, const struct conf_setting_row *row)
{
	int count = config_setting_length(setting);

	if (!config_setting_is_group(setting))
		return refuse_type(r, setting, row);
	if (count == 0)
		return refuse_empty(r, setting, row);
	for (int i = 0; i < count; i++) {
		const config_setting_t *member =
		    config_setting_get_elem(setting, (unsigned)i);

		if (is_text(member))
			continue;
		refuse_type(r, member, row);
		conf_tree_node(member)->refused = true;
	}
	return true;
}

bool conf_check_value(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	if (!is_template(row->type) &&
	    conf_variables_refuse(r, setting, row->key))
		return false;
	switch (row->type) {
	case TYPE_TEXT:
		return check_text(r, setting, row);
	case TYPE_TEMPLATE:
		return is_text(setting) || refuse_type(r, setting, row);
	case TYPE_BRIEF:
		return is_text(setting) || config_setting_is_group(setting) ||
		    refuse_type(r, setting, row);
	case TYPE_FIELDS:
		return check_fields(r, setting, row);
	case TYPE_RULES:
		return is_text(setting) || check_items(r, setting, row);
	case TYPE_SPLITS:
		return config_setting_is_group(setting) ||
		    check_items(r, setting, row);
	case TYPE_COUNT:
		return check_count(r, setting, row);
	case TYPE_DURATION:
		return check_duration(r, setting, row);
	case TYPE_MODE:
		return check_mode(r, setting, row);
	case TYPE_SIZE:
		return check_size(r, setting, row);
	case TYPE_RATE:
		return check_rate(r, setting, row);
	case TYPE_FLOOD:
		return check_flood(r, setting, row);
	case TYPE_OFF:
		return check_off(r, setting, row);
	case TYPE_TERM:
		return check_term(r, setting, row);
	case TYPE_TLS:
		return check_tls(r, setting, row);
	case TYPE_BOOL:
		return setting->type == CONFIG_TYPE_BOOL ||
		    refuse_type(r, setting, row);
	case TYPE_GROUP:
		return config_setting_is_group(setting) ||
		    refuse_type(r, setting, row);
	case TYPE_FEATURE:
		return config_setting_is_group(setting) ||
		    setting->type == CONFIG_TYPE_BOOL ||
		    refuse_type(r, setting, row);
	case TYPE_SHARE:
		return check_share(r, setting, row);
	case TYPE_FILE:
	case TYPE_LOG:
		return check_log(r, setting, row);
	case TYPE_NAMED:
		return check_named(r, setting, row);
	case TYPE_TEXTS:
	case TYPE_STATUSES:
	case TYPE_LISTEN:
	case TYPE_SERVERS:
	case TYPE_GROUPS:
		return check_items(r, setting, row);
	case TYPE_LATER:
		break;
	}
	INSIST(row->type != TYPE_LATER);
	return false;
}
