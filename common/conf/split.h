/*
 * split.h - visitors divided among arms: A/B and multivariate tests.
 */
#ifndef COMMON_CONF_SPLIT_H
#define COMMON_CONF_SPLIT_H

#include "common/conf/build.h"

/*
 * Reads "split" of the route GROUP into ROUTE, whose vhost, with the routes
 * before it, is that of DRAFT.  False: reported.
 */
bool conf_splits_read(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *group, struct conf_route *route);

/* Notes that SPOT, a template, speaks of the split NAME. */
void conf_split_mention(struct conf_build *b, const struct conf_spot *spot,
    struct str name);

/* At the end of a load: is there a split for all that was noted? */
void conf_split_check_mentioned(struct conf_build *b);

#endif
