/*
 * global.h - sluiced.conf.
 */
#ifndef COMMON_CONF_GLOBAL_H
#define COMMON_CONF_GLOBAL_H

#include "common/conf/build.h"

/*
 * Reads the daemon's settings into B and its conf; SOURCE NULL: the defaults.
 * False: the syntax is wrong, so nothing is known of the rest.
 */
bool conf_global_read(struct conf_build *b, const struct conf_source *source);

#endif
