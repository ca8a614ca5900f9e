/*
 * target.h - what rewriting makes of a path, as far as it is written out.
 */
#ifndef COMMON_CONF_TARGET_H
#define COMMON_CONF_TARGET_H

#include "common/conf/build.h"
#include "common/conf/template.h"

/*
 * Is T, from SETTING, something that a request may have for its path?  WHOLE:
 * it takes the place of the whole path, else of a part that is not known here.
 * False: reported, because a worker would refuse every request.
 */
bool conf_target_check(struct conf_build *b, const config_setting_t *setting,
    const struct conf_template *t, bool whole);

#endif
