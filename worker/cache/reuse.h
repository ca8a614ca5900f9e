/*
 * reuse.h - what may be done with a reply that was found, for this request.
 *
 * RFC 9111, 4 and 5.2.1; RFC 5861; RFC 8246.  Pure.  At a hit nothing of the
 * stored head is read: struct cache_meta says it all.
 */
#ifndef WORKER_CACHE_REUSE_H
#define WORKER_CACHE_REUSE_H

#include "common/conf/cache_t.h"
#include "common/shm/cache_t.h"
#include "worker/cache/reason.h"
#include "worker/http/message.h"

enum reuse_what {
	REUSE_FRESH,	  /* as it is */
	REUSE_STALE,	  /* as it is: this client takes it so */
	REUSE_BACKGROUND, /* as it is, and it is validated for the next ones */
	REUSE_VALIDATE,	  /* the origin first */
	REUSE_NOT,	  /* not for this request: it goes as if uncached */
	REUSE_TIMEOUT	  /* 504: the origin is not to be asked */
};

struct reuse {
	enum reuse_what what;
	enum cache_reason reason; /* of all but FRESH */
	bool if_error; /* VALIDATE: when the origin fails (no reply, or one of
			  storable_is_error), as it is */
};

/*
 * May REQUEST be answered by what META tells of, at NOW (CLOCK_MONOTONIC)?
 */
struct reuse reuse_judge(const struct conf_cache *conf,
    const struct message *request, const struct cache_meta *meta, usec_t now);

/* Nothing was found: is the origin not to be asked, because REQUEST says
 * only-if-cached?  Then the answer is 504. */
bool reuse_is_forbidden(const struct conf_cache *conf,
    const struct message *request);

/*
 * Of a reply that was fetched while REQUEST waited for it: may it be used as if
 * it had been asked for by this request?  Only what is fresh: the rest may
 * differ for each who asks, and each asks the origin by itself, at once.
 */
bool reuse_is_for_all(const struct cache_meta *meta, usec_t now);

#endif
