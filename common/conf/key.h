/*
 * key.h - what a request is known by: "client_ip", "header:X-User".
 *
 * Any name that may stand in ${} of a template may be a key, written without
 * the ${}; "uri" is path and query.
 */
#ifndef COMMON_CONF_KEY_H
#define COMMON_CONF_KEY_H

#include "common/conf/value.h"

/* Reads KEY, which stands in SETTING (perhaps behind something else).  False:
 * reported. */
bool conf_key_read(struct conf_build *b, const config_setting_t *setting,
    struct str key, struct conf_template *key_r);

#endif
