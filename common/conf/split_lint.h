/*
 * split_lint.h - what is odd about a split.
 */
#ifndef COMMON_CONF_SPLIT_LINT_H
#define COMMON_CONF_SPLIT_LINT_H

#include "common/conf/build.h"

/* Do the two divide visitors in the same way?  Their pools may differ. */
bool conf_split_eq(const struct conf_split *a, const struct conf_split *b);

/* Warns of what does nothing in SPLIT, which was read from GROUP. */
void conf_split_lint(struct conf_build *b, const config_setting_t *group,
    const struct conf_split *split);

#endif
