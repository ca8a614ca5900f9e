/*
 * check.c - is a value what its setting takes?
 *
 * Runs in the master.  One function a type, chosen by the settings table.
 * What is wrong is said with what to write instead, made from what was
 * written where that can be known (drain = 60 -> "60s").
 */
#include "common/conf/check.h"

#include "common/base/insist.h"

static const char *kind_name(const config_setting_t *setting)
{
	switch (setting->type) {
	case CONFIG_TYPE_GROUP:
		return "a group { }";
	case CONFIG_TYPE_ARRAY:
		return "an array [ ]";
	case CONFIG_TYPE_LIST:
		return "a list ( )";
	case CONFIG_TYPE_STRING:
		return "a string";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	case CONFIG_TYPE_FLOAT:
		return "a number with a fraction";
	default:
		return "a number";
	}
}

static const char *type_name(enum conf_type type)
{
	switch (type) {
	case TYPE_LATER:
		break;
	case TYPE_TEXT:
		return "a string";
	case TYPE_TEXTS:
		return "a string or an array of strings";
	case TYPE_COUNT:
		return "a plain number";
	case TYPE_DURATION:
		return "a duration in quotes, with its unit";
	case TYPE_MODE:
		return "four octal digits in quotes";
	case TYPE_LISTEN:
		return "an address or an array of addresses";
	case TYPE_SERVERS:
		return "an array of URLs or a list of groups";
	case TYPE_GROUP:
		return "a group { }";
	case TYPE_GROUPS:
		return "a list of groups ( { }, { } )";
	case TYPE_NAMED:
		return "a group of named groups";
	}
	INSIST(type != TYPE_LATER);
	return NULL;
}

static bool is_text(const config_setting_t *s)
{
	return s->type == CONFIG_TYPE_STRING;
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
	    "\"%s\" takes %s, not %s", row->key, type_name(row->type),
	    kind_name(setting));
	if (row->type == TYPE_DURATION && is_integer(setting))
		conf_report_help(r, "write %s = \"%" PRI_STR "s\";  (%s)",
		    row->key, ARG_STR(written), row->help);
	else if (row->type == TYPE_MODE && is_integer(setting))
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
	if (row->type == TYPE_LISTEN && is_integer(item))
		return true;
	if (row->type == TYPE_SERVERS && config_setting_is_group(item))
		return true;
	if (row->type == TYPE_GROUPS)
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
		    count, row->most);
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (!conf_tree_refused(item) && !check_item(r, item, row))
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
	if (value >= row->least && value <= row->most)
		return true;
	conf_report_error(r, conf_tree_spot(setting),
	    "\"%s\" is at least %u and at most %u", row->key, row->least,
	    row->most);
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

static bool check_duration(struct conf_report *r,
    const config_setting_t *setting, const struct conf_setting_row *row)
{
	char least[CONF_UNITS_SIZE], most[CONF_UNITS_SIZE];
	usec_t value;

	if (!is_text(setting))
		return refuse_type(r, setting, row);
	if (!conf_units_duration(str_from(conf_tree_text(setting)), &value))
		return refuse_duration(r, setting, row);
	if (value >= row->least * USEC_PER_SEC &&
	    value <= row->most * USEC_PER_SEC)
		return true;
	conf_report_error(r, conf_tree_spot(setting),
	    "\"%s\" is at least \"%s\" and at most \"%s\"", row->key,
	    conf_units_seconds(least, row->least),
	    conf_units_seconds(most, row->most));
	help_example(r, row);
	return false;
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

bool conf_check_value(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row)
{
	switch (row->type) {
	case TYPE_TEXT:
		return check_text(r, setting, row);
	case TYPE_COUNT:
		return check_count(r, setting, row);
	case TYPE_DURATION:
		return check_duration(r, setting, row);
	case TYPE_MODE:
		return check_mode(r, setting, row);
	case TYPE_GROUP:
		return config_setting_is_group(setting) ||
		    refuse_type(r, setting, row);
	case TYPE_NAMED:
		return check_named(r, setting, row);
	case TYPE_TEXTS:
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
