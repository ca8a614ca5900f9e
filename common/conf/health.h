/*
 * health.h - the setting health of a pool: how its servers are checked.
 */
#ifndef COMMON_CONF_HEALTH_H
#define COMMON_CONF_HEALTH_H

#include "common/base/out.h"
#include "common/conf/build.h"

/* Of the pool GROUP; NULL: all defaults.  NULL: no checks. */
const struct conf_health *conf_health_read(struct conf_build *b,
    const config_setting_t *group);

/* Has a check of the group GROUP, or of none, the setting ID? */
bool conf_health_has(const config_setting_t *group, enum conf_setting id);

/* Can the servers of POOL, as read from GROUP, be checked so? */
void conf_health_check_servers(struct conf_build *b,
    const struct conf_pool *pool, const config_setting_t *group);

/* The request that H makes of a server whose URL has PREFIX and HOST. */
void conf_health_request(struct out *o, const struct conf_health *h,
    struct str prefix, struct str host);

#endif
