/*
 * storable.h - may a reply be kept, and how is it to be used then?
 *
 * RFC 9111, 3 to 3.5, for a shared cache, with what the operator says.  Pure.
 */
#ifndef WORKER_CACHE_STORABLE_H
#define WORKER_CACHE_STORABLE_H

#include "common/conf/cache_t.h"
#include "common/shm/cache_t.h"
#include "worker/cache/control.h"
#include "worker/cache/reason.h"

/* cache_meta.flags. */
enum storable_flag {
	STORABLE_SHARED = 1,	/* for requests with Authorization, too */
	STORABLE_NOT_STALE = 2, /* never served stale, whoever wants it */
	STORABLE_VALIDATE = 4,	/* no-cache: not used without validation */
	STORABLE_IMMUTABLE = 8	/* RFC 8246 */
};

struct storable_ask {
	const struct conf_cache *conf;
	const struct message *request;
	const struct message *reply;
	usec_t asked;	     /* when the request went: CLOCK_MONOTONIC */
	usec_t received;     /* when the reply's head was there */
	usec_t wall;	     /* clock_wall() at RECEIVED */
	uint64_t max_object; /* bytes of a body; CONF's or the store's */
};

/* no-cache and private have some, then Set-Cookie, and one is the caller's. */
#define STORABLE_WITHOUT_MAX (CONTROL_LISTS_MAX + 2)

struct storable {
	enum cache_reason reason; /* NONE: it may be kept */

	/* Of a reply that may be kept; of a 206 the place of its part, too. */
	struct cache_meta meta;

	/* Names of fields that are not kept (record.h): they point into the
	 * reply.  Whose request it was gets those of the first OWN_COUNT. */
	unsigned own_count;
	unsigned without_count;
	struct str without[STORABLE_WITHOUT_MAX];
};

/*
 * May ASK's reply, as it came from the origin, be kept?  Its body is not known
 * yet: a length that is said is held against MAX_OBJECT.  For a stored reply
 * that a 304 updated it is asked again, with the updated head.  What it varies
 * by is not looked at: vary.h.
 *
 * What may be kept need not be fresh: it is validated at its next use, and who
 * waited for it is not to be given it (reuse.h).
 */
void storable_judge(const struct storable_ask *ask, struct storable *s);

/* Does a reply of that status leave a stale one to be used (RFC 5861, 4)? */
bool storable_is_error(unsigned status);

#endif
