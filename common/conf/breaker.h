/*
 * breaker.h - the setting breaker of a pool: when it is shut for a while.
 */
#ifndef COMMON_CONF_BREAKER_H
#define COMMON_CONF_BREAKER_H

#include "common/conf/build.h"

/* Of the pool GROUP; NULL: all defaults.  NULL: it never is. */
const struct conf_breaker *conf_breaker_read(struct conf_build *b,
    const config_setting_t *group);

#endif
