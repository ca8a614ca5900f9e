/*
 * path.h - the paths of routes, and the prefixes of servers.
 */
#ifndef COMMON_CONF_PATH_H
#define COMMON_CONF_PATH_H

#include "common/conf/report.h"

/*
 * Checks that PATH is what a normalised request path can begin with, so that
 * no route waits for requests that never come.  False: reported.
 */
bool conf_path_check(struct conf_report *r, const struct conf_spot *spot,
    struct str path);

/*
 * Do careless origins take PATH, which is good, for another one?  Among other
 * routes a worker refuses all requests for it then (worker/http/path.h), so
 * nobody would ever get there.
 */
bool conf_path_is_loose(struct str path);

/* Is PATH the path TOP, or below it?  All is below "/". */
bool conf_path_is_below(struct str path, struct str top);

/* Without its slashes at the end; "/" alone stays. */
struct str conf_path_trim(struct str path);

#endif
