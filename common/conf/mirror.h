/*
 * mirror.h - copies of requests to another pool.
 */
#ifndef COMMON_CONF_MIRROR_H
#define COMMON_CONF_MIRROR_H

#include "common/conf/build.h"

/* What GROUP, which is ROUTE, says of it; NULL: nothing, or reported. */
const struct conf_mirror *conf_mirror_read(struct conf_build *b,
    struct conf_draft *draft, const config_setting_t *group,
    const struct conf_route *route);

#endif
