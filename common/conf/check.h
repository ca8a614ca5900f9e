/*
 * check.h - is a value what its setting takes?
 */
#ifndef COMMON_CONF_CHECK_H
#define COMMON_CONF_CHECK_H

#include "common/conf/settings.h"

/*
 * Type, elements and range.  False: reported, do not read it.  Elements that
 * are wrong by themselves are reported and marked refused, and the others
 * may be read.
 */
bool conf_check_value(struct conf_report *r, const config_setting_t *setting,
    const struct conf_setting_row *row);

/* The value of an integer setting, of either width. */
long long conf_check_integer(const config_setting_t *setting);

/* "a number", "an array [ ]": what SETTING is, and what TYPE takes. */
const char *conf_check_kind_name(const config_setting_t *setting);
const char *conf_check_type_name(enum conf_type type);

#endif
