/*
 * date_read.h - dates as HTTP has them: RFC 9110, 5.6.7.
 */
#ifndef WORKER_HTTP_DATE_READ_H
#define WORKER_HTTP_DATE_READ_H

#include "common/base/clock.h"
#include "common/base/str.h"

/*
 * Reads TEXT, a date in one of the three forms, in seconds since 1970 (negative
 * before).  WALL, now, says which century a year of two digits is of.  False:
 * it is no date.  Nothing is repaired, but the case of letters does not count
 * (RFC 9111, 4.2) and the day of the week need not be the right one.
 */
bool date_read(struct str text, usec_t wall, int64_t *seconds_r);

#endif
