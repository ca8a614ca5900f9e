/*
 * cookie.h - the cookies of a request: RFC 6265bis, 4.2.
 *
 * A list is the value of one Cookie field: "a=1; b=2".  What has no "=" is a
 * name alone.  Nothing here waits or allocates.
 */
#ifndef WORKER_HTTP_COOKIE_H
#define WORKER_HTTP_COOKIE_H

#include "common/base/out.h"

/*
 * The next cookie of *LIST called NAME, which moves behind it: true, and its
 * value.  False at the end.
 */
bool cookie_next(struct str *list, struct str name, struct str *value_r);

/*
 * Appends LIST to O (which has room for LIST.n) without the cookies that are
 * called one of the COUNT NAMES; all others stay as they are, byte by byte.
 * False: there is no such cookie, and nothing was appended.
 */
bool cookie_strip(struct str list, const struct str *names, unsigned count,
    struct out *o);

#endif
