/*
 * glob.h - names with "*" in them, which stands for any bytes.
 */
#ifndef WORKER_CACHE_GLOB_H
#define WORKER_CACHE_GLOB_H

#include "common/conf/cache_t.h"

/* Is TEXT what PATTERN says? */
bool glob_match(struct str pattern, struct str text);

/* Is TEXT what one of NAMES says? */
bool glob_match_any(const struct conf_cache_names *names, struct str text);

#endif
