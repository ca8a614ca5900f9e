/*
 * retry.h - when a request is sent to another server.
 */
#ifndef COMMON_CONF_RETRY_H
#define COMMON_CONF_RETRY_H

#include "common/conf/build.h"

/* The setting retry of the pool's group POOL, which was checked, or of none
 * (NULL). */
void conf_retry_read(struct conf_build *b, const config_setting_t *pool,
    struct conf_retry *retry);

#endif
