/*
 * answer.h - answers of the operator's own: redirect and respond.
 */
#ifndef COMMON_CONF_ANSWER_H
#define COMMON_CONF_ANSWER_H

#include "common/conf/build.h"

/*
 * "redirect" and "respond" of a route or vhost: SETTING is a template, or a
 * group.  PATTERN, or NULL: what ${1} is a group of.  NULL: reported.
 */
const struct conf_answer *conf_answer_read_redirect(struct conf_build *b,
    const config_setting_t *setting, const struct conf_pattern *pattern);
const struct conf_answer *conf_answer_read_respond(struct conf_build *b,
    const config_setting_t *setting, const struct conf_pattern *pattern);

#endif
