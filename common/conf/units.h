/*
 * units.h - values with a unit, as operators write them.
 */
#ifndef COMMON_CONF_UNITS_H
#define COMMON_CONF_UNITS_H

#include <sys/types.h>

#include "common/base/clock.h"
#include "common/base/str.h"

#define USEC_PER_HOUR (3600 * USEC_PER_SEC)

/* "500ms" "30s" "5m" "2h" "30d"; at most 9 digits. False: it is none. */
bool conf_units_duration(struct str text, usec_t *usec_r);

/* "0660": four octal digits, the first of them 0. */
bool conf_units_mode(struct str text, mode_t *mode_r);

/* Seconds in the largest unit that has no rest: "1h", "90s", "0s". */
#define CONF_UNITS_SIZE 24
const char *conf_units_seconds(char text[CONF_UNITS_SIZE], uint64_t seconds);

#endif
