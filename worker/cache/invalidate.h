/*
 * invalidate.h - what a request may have changed: RFC 9111, 4.4.
 *
 * Pure; memory from the arena given.
 */
#ifndef WORKER_CACHE_INVALIDATE_H
#define WORKER_CACHE_INVALIDATE_H

#include "common/base/arena.h"
#include "worker/cache/key.h"

/* Does a reply of STATUS to REQUEST end what is stored for its target? */
bool invalidate_needed(const struct message *request, unsigned status);

/* The target itself, what Location names, what Content-Location names. */
#define INVALIDATE_MAX 3

struct invalidate_url {
	struct str path;
	struct str query; /* STR_NONE: none */
};

/*
 * What is to be purged after REPLY to the request of ASK, as paths and queries
 * of its own host and scheme; how many.  The target is the first.  REPLY is as
 * the client gets it: with the public names in its URLs.
 */
unsigned invalidate_urls(const struct key_ask *ask,
    const struct message *reply, struct arena *a,
    struct invalidate_url urls_r[INVALIDATE_MAX]);

/* Does REPLY say that it is what a GET of the target would bring (RFC 9110,
 * 8.7)?  If it says for how long too, it may be kept for one (9.3.3). */
bool invalidate_is_content(const struct key_ask *ask,
    const struct message *reply, struct arena *a);

#endif
