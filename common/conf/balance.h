/*
 * balance.h - how a pool chooses its servers: balance, prefer, zones.
 */
#ifndef COMMON_CONF_BALANCE_H
#define COMMON_CONF_BALANCE_H

#include "common/conf/build.h"

/* The settings balance and prefer of GROUP (NULL: the defaults), behind the
 * servers of POOL, which get their tiers. */
void conf_balance_read(struct conf_build *b, const config_setting_t *group,
    struct conf_pool *pool);

#endif
