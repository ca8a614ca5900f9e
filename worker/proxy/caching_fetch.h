/*
 * caching_fetch.h - a fetch: what the cache asks of an origin.
 */
#ifndef WORKER_PROXY_CACHING_FETCH_H
#define WORKER_PROXY_CACHING_FETCH_H

#include "worker/proxy/caching.h"

struct caching_fetch;

/* What is asked for. */
enum fetch_what {
	FETCH_WHOLE,
	FETCH_PART,    /* the part that the exchange wants */
	FETCH_REST,    /* what is missing of the part that it has found */
	FETCH_VALIDATE /* whether what the exchange has found is still good */
};

/* What has become of it, for the exchange that waits. */
enum fetched {
	FETCH_GOES_ON,
	FETCH_STORED,	 /* find it: it may still be growing */
	FETCH_VALIDATED, /* what was found is good again: find it */
	FETCH_HANDED,	 /* it is not stored: here is the reply */
	FETCH_FAILED,	 /* the origin has; the exchange has failed, too */
	FETCH_LEFT	 /* the exchange was cancelled; the fetch goes on */
};

/*
 * Fetches what X asks for.  OBJECT, a claim or a begun fetch of the store, is
 * the fetch's from now on.  F_R is NULL if X will not wait for it
 * (caching_fetch_await).  False: there is no room for a fetch, and OBJECT is
 * released.
 */
bool caching_fetch_start(struct exchange *x, struct cache_object *object,
    enum fetch_what what, struct caching_fetch **f_r);

/*
 * Waits until the head of F's reply is there, and what becomes of it is
 * decided.  X knows then where F has been.  FETCH_HANDED: *REPLY is the
 * origin's, and F lasts as long as its source.  F is nobody's afterwards.
 */
WAITS enum fetched caching_fetch_await(struct caching_fetch **f,
    struct exchange *x, struct reply *reply);

#endif
