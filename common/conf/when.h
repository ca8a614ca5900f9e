/*
 * when.h - what must hold besides the path for a route to be taken.
 */
#ifndef COMMON_CONF_WHEN_H
#define COMMON_CONF_WHEN_H

#include "common/conf/build.h"

/*
 * Reads method, header, query, cookie and from of the route GROUP into ROUTE.
 * What is wrong is reported.
 */
void conf_when_read(struct conf_build *b, const config_setting_t *group,
    struct conf_route *route);

/* Do the two routes ask for the same? */
bool conf_when_eq(const struct conf_route *a, const struct conf_route *b);

/* Is it a token without small letters? */
bool conf_when_is_method(struct str text);

#endif
