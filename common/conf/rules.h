/*
 * rules.h - rewriting: what becomes of a path.
 */
#ifndef COMMON_CONF_RULES_H
#define COMMON_CONF_RULES_H

#include "common/conf/build.h"

/*
 * The setting "rewrite" of a vhost or route GROUP: a template, in which ${1}
 * is a group of PATTERN (or NULL), or a list of rules.
 */
struct conf_rules conf_rules_read(struct conf_build *b,
    const config_setting_t *group, enum conf_setting id,
    const struct conf_pattern *pattern);

/* A status that sends a client elsewhere. */
bool conf_rules_check_status(struct conf_report *r,
    const struct conf_spot *spot, unsigned status);

#endif
