/*
 * caching_source.h - a body that lies in the store, as the source of a reply.
 */
#ifndef WORKER_PROXY_CACHING_SOURCE_H
#define WORKER_PROXY_CACHING_SOURCE_H

#include "worker/http/source.h"
#include "worker/proxy/caching.h"

/* TEXT, and behind it the bytes from AT up to END of what is stored; END
 * UINT64_MAX: as far as it goes. */
struct caching_part {
	struct str text;
	uint64_t at;
	uint64_t end;
};

struct caching_source {
	struct source source;
	uint32_t magic;
	bool growing; /* it may not all be there yet */
	bool awaited; /* the store will wake us */
	struct exchange *x;
	struct cache_object *object; /* a pin, or NULL */
	char *copy; /* a BODY block with all of the body, or NULL */
	struct caching_part *parts;
	unsigned part_count;
	struct caching_part whole; /* usually there is but one */
};

/*
 * S, in the arena of X, which has a caching, yields the body of what was found;
 * or COPY, a BODY block with all of it, which it takes over.  What it holds is
 * given back when it is closed.
 */
void caching_source_init(struct caching_source *s, struct exchange *x,
    char *copy);

/* What it yields; COUNT 0: nothing, and nothing is held any more. */
void caching_source_set(struct caching_source *s, struct caching_part *parts,
    unsigned count);

#endif
