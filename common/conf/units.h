/*
 * units.h - values with a unit, as operators write them.
 */
#ifndef COMMON_CONF_UNITS_H
#define COMMON_CONF_UNITS_H

#include <sys/types.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/conf/conf.h"

/* "500ms" "30s" "5m" "2h" "30d"; at most 9 digits. False: it is none. */
bool conf_units_duration(struct str text, usec_t *usec_r);

/* "50%" "1.5%" "0.01%": millionths, at most all; at most 4 digits behind the
 * point. */
#define CONF_UNITS_WHOLE 1000000
bool conf_units_share(struct str text, uint32_t *millionths_r);

/* "0660": four octal digits, the first of them 0. */
bool conf_units_mode(struct str text, mode_t *mode_r);

/* "0" "512" "64k" "10m" "2g": powers of 1024; at most 9 digits. */
bool conf_units_size(struct str text, uint64_t *bytes_r);

/* "256/30s": a size and a duration above 0. */
bool conf_units_rate(struct str text, struct conf_rate *rate_r);

/* "100/10s": a number and a duration above 0; "0": none. */
bool conf_units_flood(struct str text, struct conf_flood *flood_r);

/* Whole milliseconds in the largest unit without a rest: "1h", "90s", "0s". */
#define CONF_UNITS_SIZE 24
const char *conf_units_time(char text[CONF_UNITS_SIZE], usec_t usec);

/* Bytes in the same way: "64k", "1000". */
const char *conf_units_bytes(char text[CONF_UNITS_SIZE], uint64_t bytes);

#endif
