/*
 * arm.h - the arms of a split.
 */
#ifndef COMMON_CONF_ARM_H
#define COMMON_CONF_ARM_H

#include "common/conf/build.h"

/* What the names of splits and arms are made of: they stand in cookies, log
 * lines and on command lines.  False: reported; WHAT is called so. */
bool conf_arm_check_name(struct conf_build *b, const struct conf_spot *spot,
    const char *what, struct str name);

/*
 * Reads "arms" of the split GROUP, whose name and key SPLIT has, into it; the
 * pools that they name are those of DRAFT.  False: reported.
 */
bool conf_arms_read(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *group, struct conf_split *split);

/* The arm of that name, or NULL. */
const struct conf_arm *conf_arm_find(const struct conf_split *split,
    struct str name);

#endif
