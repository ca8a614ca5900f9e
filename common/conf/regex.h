/*
 * regex.h - the patterns of a configuration.
 */
#ifndef COMMON_CONF_REGEX_H
#define COMMON_CONF_REGEX_H

#include "common/conf/build.h"
#include "common/conf/pattern.h"

/*
 * Compiles TEXT, which stands at SPOT (the whole value, or its end).  NULL:
 * reported.  It lives as long as the conf.
 */
const struct conf_pattern *conf_regex_read(struct conf_build *b,
    const struct conf_spot *spot, struct str text);

/* The same for a pattern that is meant to match anywhere. */
const struct conf_pattern *conf_regex_read_search(struct conf_build *b,
    const struct conf_spot *spot, struct str text);

#endif
