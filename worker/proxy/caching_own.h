/*
 * caching_own.h - fields of a reply that is kept that are not.
 */
#ifndef WORKER_PROXY_CACHING_OWN_H
#define WORKER_PROXY_CACHING_OWN_H

#include "worker/cache/storable.h"
#include "worker/proxy/reply.h"

/* In the arena of an exchange; zeroed: none. */
struct caching_own {
	unsigned count;
	struct field *fields;
	bool lost; /* there was no memory for them */
};

/* OWN_R, in the arena of X: the fields of HEAD that S names as those of whose
 * request it was. */
void caching_own_keep(struct exchange *x, const struct message *head,
    const struct storable *s, struct caching_own *own_r);

/* OWN_R, in the arena of X, is a copy of OWN. */
void caching_own_copy(struct exchange *x, const struct caching_own *own,
    struct caching_own *own_r);

/* OWN, in the arena of X, goes into its REPLY.  False after exchange_fail. */
bool caching_own_give(struct exchange *x, const struct caching_own *own,
    struct reply *reply);

#endif
