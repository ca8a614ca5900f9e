/*
 * resolvers.h - the name servers of sluiced.conf.
 */
#ifndef COMMON_CONF_RESOLVERS_H
#define COMMON_CONF_RESOLVERS_H

#include "common/conf/build.h"

/* Fills in resolvers of the conf. */
void conf_resolvers_read(struct conf_build *b, const config_setting_t *root);

#endif
