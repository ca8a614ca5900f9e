/*
 * pool.h - pools and their servers.
 */
#ifndef COMMON_CONF_POOL_H
#define COMMON_CONF_POOL_H

#include "common/conf/build.h"

/* The setting "pools" of a vhost. */
void conf_pool_read_all(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *setting);

/* The setting "proxy" of a vhost or route: a pool without a name. */
struct conf_pool *conf_pool_read_proxy(struct conf_build *b,
    struct conf_draft *draft, const config_setting_t *setting);

/* A pool of one server that has no setting: quick mode.  NULL: reported. */
struct conf_pool *conf_pool_make(struct conf_build *b,
    struct conf_draft *draft, const struct conf_spot *spot, const char *url);

/* The pool that a route names.  NULL: reported. */
struct conf_pool *conf_pool_find(struct conf_build *b,
    struct conf_draft *draft, const config_setting_t *name);

/* Warns of pools that no route names. */
void conf_pool_check_used(struct conf_build *b,
    const struct conf_draft *draft);

#endif
