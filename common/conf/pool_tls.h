/*
 * pool_tls.h - what is spoken with the servers of a pool.
 */
#ifndef COMMON_CONF_POOL_TLS_H
#define COMMON_CONF_POOL_TLS_H

#include "common/conf/build.h"

/* http, tls and proxy_protocol of the pool GROUP; NULL: the defaults. */
void conf_pool_tls_read(struct conf_build *b, const config_setting_t *group,
    struct conf_pool *pool);

/* When the servers of POOL, of GROUP, are known. */
void conf_pool_tls_check(struct conf_build *b, const config_setting_t *group,
    const struct conf_pool *pool);

#endif
