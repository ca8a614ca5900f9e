/*
 * caching_renew.h - a stored reply is as good as new.
 */
#ifndef WORKER_PROXY_CACHING_RENEW_H
#define WORKER_PROXY_CACHING_RENEW_H

#include "worker/proxy/caching.h"
#include "worker/proxy/caching_own.h"

struct renewal {
	const struct conf_cache *conf;
	struct cache_object *fetch; /* claimed or begun; ends here */
	const struct cache_object *object; /* what is stored; */
	const struct cache_meta *meta; /* what is known of it, */
	const struct message *stored;  /* and its head */
	struct reply *newer; /* a 304, or of a HEAD, with nothing hidden yet */
	usec_t asked;	     /* for that */
	uint64_t most;	     /* bytes of a body */

	struct caching_own own; /* what that has for whose request it was */
};

/*
 * What X's request has selected in the store gets what R->newer says of it.
 * False: with that it may not be kept, it is not there any more, or there is no
 * memory; it is as it was then.
 */
bool caching_renew(struct exchange *x, struct renewal *r);

/* What X's request has selected, of which META is told, is stale from now on. */
void caching_make_stale(struct exchange *x, struct renewal *r);

/* Field lines that ask whether STORED is still good, in X's arena; "": it can't
 * be validated. */
struct str caching_conditions(struct exchange *x,
    const struct message *stored);

/* The largest body that CONF and the store take. */
uint64_t caching_most(const struct conf_cache *conf);

#endif
