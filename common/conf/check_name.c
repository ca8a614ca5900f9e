/*
 * check_name.c - what values are called in messages.
 *
 * Runs in the master.
 */
#include "common/conf/check.h"

#include "common/base/insist.h"

const char *conf_check_kind_name(const config_setting_t *setting)
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

const char *conf_check_type_name(enum conf_type type)
{
	switch (type) {
	case TYPE_LATER:
		break;
	case TYPE_TEXT:
	case TYPE_TEMPLATE:
		return "a string";
	case TYPE_TEXTS:
		return "a string or an array of strings";
	case TYPE_COUNT:
		return "a plain number";
	case TYPE_DURATION:
		return "a duration in quotes, with its unit";
	case TYPE_MODE:
		return "four octal digits in quotes";
	case TYPE_SIZE:
		return "a size in quotes, with its unit";
	case TYPE_RATE:
		return "bytes a second over a time, in quotes";
	case TYPE_FLOOD:
		return "a number over a time, in quotes";
	case TYPE_BOOL:
		return "true or false";
	case TYPE_OFF:
		return "a string or false";
	case TYPE_TERM:
		return "a duration in quotes, a group { } or false";
	case TYPE_TLS:
		return "a group { }, true, false or \"passthrough\"";
	case TYPE_STATUSES:
		return "a status or an array of them";
	case TYPE_SHARE:
		return "a share in quotes, with its %";
	case TYPE_FILE:
		return "a string or a group { }";
	case TYPE_LOG:
		return "a string, a group { } or false";
	case TYPE_BRIEF:
		return "a string or a group { }";
	case TYPE_RULES:
		return "a string or a list of groups ( { }, { } )";
	case TYPE_FIELDS:
		return "a group of strings";
	case TYPE_LISTEN:
		return "an address or an array of addresses";
	case TYPE_SERVERS:
		return "an array of URLs or a list of groups";
	case TYPE_GROUP:
		return "a group { }";
	case TYPE_FEATURE:
		return "a group { }, true or false";
	case TYPE_GROUPS:
		return "a list of groups ( { }, { } )";
	case TYPE_SPLITS:
		return "a group { } or a list of them ( { }, { } )";
	case TYPE_NAMED:
		return "a group of named groups";
	}
	INSIST(type != TYPE_LATER);
	return NULL;
}
