/*
 * etag.h - entity tags: RFC 9110, 8.8.3.
 */
#ifndef WORKER_HTTP_ETAG_H
#define WORKER_HTTP_ETAG_H

#include "worker/http/message.h"

struct etag {
	bool weak;
	struct str opaque; /* with its quotes; .p NULL: there is none */
};

/* Is all of TEXT one entity tag?  Nothing is repaired: not W\"x", not x. */
bool etag_read(struct str text, struct etag *tag_r);

/* The tag of a reply: none if its ETag is malformed, or said twice. */
struct etag etag_of(const struct message *reply);

/* RFC 9110, 8.8.3.2.  None is equal to none. */
bool etag_is_same_strongly(const struct etag *a, const struct etag *b);
bool etag_is_same_weakly(const struct etag *a, const struct etag *b);

/*
 * Takes the first tag off *LIST, which moves behind it and its comma.  False at
 * the end, and where the list is malformed: then *LIST is not empty.
 */
bool etag_next(struct str *list, struct etag *tag_r);

#endif
