/*
 * merge.h - from vhosts to listeners.
 */
#ifndef COMMON_CONF_MERGE_H
#define COMMON_CONF_MERGE_H

#include "common/conf/build.h"

/* From the drafts: conf->listeners with their names; clashes are errors. */
void conf_merge(struct conf_build *b);

#endif
