/*
 * caching.h - where the cache meets the way of a request.
 *
 *	serve.c  proxy ---> caching_answer   REPLY comes out of the store: true
 *	           |                         or by a fetch of ours: true
 *	           |                         the origin is asked as ever: false
 *	           '------> caching_saw      ... and what its reply changes here
 *
 *	caching_key.c    may it ask, and under what name
 *	caching.c        what is found, and what is done about it: use,
 *	                 revalidate, fetch, wait, go by oneself
 *	caching_fetch.c  a fetch: an errand (errand.h) whose reply is stored, or
 *	                 handed to the exchange that wanted it
 *	caching_interim.c  what comes before that reply
 *	caching_hit.c    what was found becomes a reply
 *	caching_after.c  what went past the cache, and changes it
 */
#ifndef WORKER_PROXY_CACHING_H
#define WORKER_PROXY_CACHING_H

#include "common/conf/cache_t.h"
#include "common/shm/cache.h"
#include "worker/cache/key.h"
#include "worker/cache/reason.h"
#include "worker/cache/reuse.h"
#include "worker/cache/status_field.h"
#include "worker/cache/vary.h"
#include "worker/http/range.h"
#include "worker/proxy/caching_own.h"
#include "worker/proxy/reply.h"

/* The one without Vary, and some for each spec. */
#define CACHING_VARIANTS_MAX (1 + CACHE_SPECS_MAX * VARY_TEXTS_MAX)

/* Of an exchange whose scope has a cache, in its arena; x->cache says what it
 * came to in one word. */
struct caching {
	const struct conf_cache *conf;
	usec_t since; /* fetches of others that failed since then are told */


	struct cache_key key; /* text "": it was not made */
	struct cache_variant variants[CACHING_VARIANTS_MAX]; /* of the request */
	unsigned variant_count;

	/* What the store has: record and meta.  FOUND.object is a pin that stays
	 * where it is, and is released by caching_end at the latest. */
	struct cache_found found;
	bool has_found;

	/* For Cache-Status, log and those who ask why. */
	enum status_forward forward;
	unsigned origin_status; /* what the origin said to us; 0: nothing */
	uint16_t reason;	/* cache_reasons.h: why not stored, or not used */
	bool stored;
	bool marked; /* X goes by itself, since it is said of the resource */
	bool collapsed;	 /* X has waited for a fetch of somebody else's, */
	bool seen;	 /* when this was there: */
	usec_t seen_born;

	struct reuse reuse; /* of what was found */
	struct caching_own own;	  /* what our fetch had and did not store */
	enum cache_use fetched;	  /* by a fetch of ours; CACHE_UNUSED: none */
	struct range_part brought; /* by that, if it was a part */
	enum end failed;	  /* how that has failed, */
	enum fault failed_fault;  /* and why */
};

/*
 * Answers X from the cache or by a fetch for it: true, and REPLY is made, or X
 * has failed.  False: X goes to the origin by itself.
 */
WAITS bool caching_answer(struct exchange *x, struct reply *reply);

/*
 * What caching_answer would find for X, for who asks and does nothing about it:
 * X's caching has the key ("": none, for its reason), what was found, and the
 * judgement on that.  CACHE_BUSY without a key.
 */
enum cache_result caching_look_up(struct exchange *x);

/* X, to which caching_answer said false, has REPLY's head of an origin: what
 * it means for what is stored. */
WAITS void caching_saw(struct exchange *x, struct reply *reply);

/* May a URL of X's have more than one key? */
bool caching_has_others(const struct exchange *x);

/* X is over: what it still holds of the store is given back. */
void caching_end(struct exchange *x);

/* ---- caching_key.c ---- */

/* Is X's reply for who asked alone, whatever it says: a cookie of
 * bypass_cookies, or a certificate that the origin is told of? */
bool caching_is_for_one(const struct exchange *x);

/* Why X's request does not go through the cache, or NONE. */
enum cache_reason caching_why_not(const struct exchange *x);

/* What X's key is made of, in its arena.  False: no memory. */
bool caching_ask(struct exchange *x, struct key_ask *ask_r);

/* Has the path, or the query, been changed since the client said it? */
bool caching_is_rewritten(const struct exchange *x);

/* The key, in X's caching.  False: it is too long, or there is no memory. */
bool caching_make_key(struct exchange *x);

/* ---- caching_hit.c ---- */

/*
 * X is answered with what was found (x->caching->found, x->cache says how):
 * head from the record (reply->is_bare: nothing of its origin is in it), the
 * body from the segment, whole or as it grows (wait.h), or 304, 206, 416.
 * True: REPLY is that, or X has failed.  False: it can't be used after all (the
 * record is unreadable, the body broken): as if there was none.
 */
bool caching_hit(struct exchange *x, struct reply *reply);

/* The same after CACHE_CROWDED: by a copy, if it is small, and fresh. */
bool caching_hit_crowded(struct exchange *x, struct reply *reply);

/* X's method is PURGE: true, and REPLY says what was purged, or X has failed;
 * false: it is a request like any other. */
bool caching_purge(struct exchange *x, struct reply *reply);

#endif
