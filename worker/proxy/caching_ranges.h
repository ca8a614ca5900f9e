/*
 * caching_ranges.h - parts of what is stored.
 */
#ifndef WORKER_PROXY_CACHING_RANGES_H
#define WORKER_PROXY_CACHING_RANGES_H

#include "worker/proxy/caching_source.h"

enum caching_choice {
	CACHING_ALL,	 /* it is to be given as it is stored */
	CACHING_PARTS,	 /* REPLY is a 206, S yields the parts */
	CACHING_OUTSIDE, /* 416 */
	CACHING_OTHER	 /* what is stored is not what is wanted */
};

/*
 * What X wants of what was found, whose head is REPLY's, and S its source.
 * Exchange_fail for want of memory.
 */
enum caching_choice caching_ranges(struct exchange *x, struct caching_source *s,
    struct reply *reply);

/* How long the whole is of which something was found; false: nobody knows. */
bool caching_complete(const struct cache_meta *meta, uint64_t *length_r);

#endif
