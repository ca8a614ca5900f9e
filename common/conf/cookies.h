/*
 * cookies.h - what is done to the cookies that origins set.
 */
#ifndef COMMON_CONF_COOKIES_H
#define COMMON_CONF_COOKIES_H

#include "common/conf/build.h"
#include "common/conf/layers.h"

/* The groups "cookies" of LAYERS.  NULL: none says anything. */
const struct conf_cookies *conf_cookies_read(struct conf_build *b,
    const struct conf_layers *layers);

#endif
