/*
 * quality.h - how much a client would like something: RFC 9110, 12.4.2.
 */
#ifndef WORKER_HTTP_QUALITY_H
#define WORKER_HTTP_QUALITY_H

#include "common/base/str.h"

#define QUALITY_MAX 1000 /* "1.000" */

/* "0", "0.5", "1.000": at most three digits behind the point, at most 1.  In
 * thousandths; false: it is none. */
bool quality_read(struct str s, unsigned *quality_r);

#endif
