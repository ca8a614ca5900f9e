/*
 * caching_find.h - what the store has for an exchange.
 */
#ifndef WORKER_PROXY_CACHING_FIND_H
#define WORKER_PROXY_CACHING_FIND_H

#include "worker/proxy/caching.h"

/* Room for records of N bytes; false: there is none. */
bool caching_make_room(struct exchange *x, size_t n);

/*
 * Looks for what X's request selects: never CACHE_VARIES or CACHE_LARGE.  What
 * was found before is released.
 */
enum cache_result caching_find(struct exchange *x);

/* What was found is not needed any more. */
void caching_release(struct caching *c);

/* Is what was found, perhaps a part, all that X wants of it? */
bool caching_has_all(const struct exchange *x);

/* Is it the part that a fetch for X has just brought? */
bool caching_is_brought(const struct exchange *x);

#endif
