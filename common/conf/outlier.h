/*
 * outlier.h - the setting outlier of a pool: when a server is taken out.
 */
#ifndef COMMON_CONF_OUTLIER_H
#define COMMON_CONF_OUTLIER_H

#include "common/conf/build.h"

/* Of the pool GROUP; NULL: all defaults.  NULL: none is taken out. */
const struct conf_outlier *conf_outlier_read(struct conf_build *b,
    const config_setting_t *group);

#endif
