/*
 * condition.h - does a request meet what a route asks for besides its path?
 */
#ifndef WORKER_PROXY_CONDITION_H
#define WORKER_PROXY_CONDITION_H

#include "worker/proxy/exchange.h"

/* Does X meet C? */
bool condition_holds(const struct exchange *x, const struct conf_condition *c);

/* Is the field F one to go by?  What a client claims of its way is not, unless
 * it is trusted. */
bool condition_sees(const struct exchange *x, const struct field *f);

/* The value of the cookie NAME in the request; STR_NONE: there is none.  Of
 * several the first, as origins read it. */
struct str condition_cookie(const struct message *request, struct str name);

#endif
