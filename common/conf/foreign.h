/*
 * foreign.h - what settings of other proxies are called here.
 */
#ifndef COMMON_CONF_FOREIGN_H
#define COMMON_CONF_FOREIGN_H

#include "common/base/str.h"

/* Help for somebody who wrote NAME, or NULL. */
const char *conf_foreign_help(struct str name);

#endif
