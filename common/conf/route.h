/*
 * route.h - which path goes where.
 */
#ifndef COMMON_CONF_ROUTE_H
#define COMMON_CONF_ROUTE_H

#include "common/conf/build.h"

/* The setting "routes" of a vhost; its pools are known already. */
void conf_route_read_all(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *setting);

/* The one route "/" to POOL. */
void conf_route_make_root(struct conf_build *b, struct conf_draft *draft,
    struct conf_pool *pool, const struct conf_spot *spot);

#endif
