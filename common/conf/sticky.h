/*
 * sticky.h - clients that stay with a server.
 */
#ifndef COMMON_CONF_STICKY_H
#define COMMON_CONF_STICKY_H

#include "common/conf/build.h"

/* The setting "sticky" of the pool GROUP, whose servers were read, into DRAFT
 * and its pool.  What is wrong is reported. */
void conf_sticky_read(struct conf_build *b, const config_setting_t *group,
    struct conf_pool_draft *draft);

/* All pools of the vhost were read: the names of the cookies of ours that its
 * clients may send. */
void conf_sticky_collect(struct conf_build *b, const struct conf_draft *draft);

#endif
