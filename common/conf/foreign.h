/*
 * foreign.h - what settings of other proxies are called here.
 */
#ifndef COMMON_CONF_FOREIGN_H
#define COMMON_CONF_FOREIGN_H

#include "common/conf/report.h"

/*
 * Help for somebody who wrote NAME.  NEAR: a word that is only like one of
 * them will do.  False: nothing was said.
 */
bool conf_foreign_help(struct conf_report *r, struct str name, bool near);

#endif
