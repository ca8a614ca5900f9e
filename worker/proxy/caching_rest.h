/*
 * caching_rest.h - what is missing of a part that is stored.
 */
#ifndef WORKER_PROXY_CACHING_REST_H
#define WORKER_PROXY_CACHING_REST_H

#include "worker/proxy/caching_store.h"

/* Does X want all of what it has found a part of, and is its rest worth asking
 * for? */
bool caching_rest_is_wanted(const struct exchange *x);

/* Field lines that ask for it, in X's arena; "": there is no memory. */
struct str caching_rest_lines(struct exchange *x);

/* F's reply is to a request for the rest.  True: it is that, and the whole goes
 * into the store (caching_store_fill).  False: all is to be asked for. */
bool caching_rest_publish(struct caching_fetch *f);

/* The part goes to where F stores the whole.  False: it broke off. */
WAITS bool caching_rest_copy(struct caching_fetch *f);

#endif
