/*
 * date.h - dates as HTTP writes them.
 */
#ifndef WORKER_HTTP_DATE_H
#define WORKER_HTTP_DATE_H

#include "common/base/clock.h"
#include "common/base/str.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
#define DATE_SIZE 29

/*
 * The IMF-fixdate (RFC 9110, 5.6.7) of WALL, 1970 to 9999.  Written once a
 * second; the text is valid until the next call.
 */
struct str date_now(usec_t wall);

#endif
