/*
 * hsts.h - Strict-Transport-Security: RFC 6797.
 */
#ifndef COMMON_CONF_HSTS_H
#define COMMON_CONF_HSTS_H

#include "common/conf/build.h"

/* The field's line, with its CR LF, as the nearest of LAYERS, groups of tls,
 * says; "": there is none. */
struct str conf_hsts_read(struct conf_build *b,
    const struct conf_layers *layers);

#endif
