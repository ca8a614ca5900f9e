/*
 * fresh.h - for how long a reply is fresh, and how old it is already.
 *
 * RFC 9111, 4.2, for a shared cache.  Pure.
 */
#ifndef WORKER_CACHE_FRESH_H
#define WORKER_CACHE_FRESH_H

#include "common/conf/cache_t.h"
#include "worker/cache/control.h"

struct fresh_ask {
	const struct conf_cache *conf;
	const struct message *reply;
	const struct control *control; /* what counts of it: targeted.h */
	bool targeted;	/* by a targeted field: Expires means nothing */
	usec_t asked;	/* when the request went: CLOCK_MONOTONIC */
	usec_t received;
	usec_t wall; /* when RECEIVED was */
};

enum fresh_by {
	FRESH_UNSAID,  /* nothing says, or allows to guess */
	FRESH_SAID,    /* by the origin; may be 0 */
	FRESH_GUESSED, /* heuristic */
	FRESH_BY_CONF  /* default_ttl, negative_ttl */
};

struct fresh {
	usec_t born; /* RECEIVED - BORN: corrected_initial_age; may be before
			1970 */
	enum fresh_by by;
	usec_t lifetime; /* 0 for UNSAID */
	usec_t until;	 /* BORN + LIFETIME; RECEIVED at most, if what it says
			    is invalid */
};

void fresh_read(const struct fresh_ask *ask, struct fresh *fresh);

/* The Age of what was born then, in whole seconds: RFC 9111, 4.2.3. */
uint64_t fresh_age(usec_t born, usec_t now);

/* May a reply of that status be reused although nothing says that it may: RFC
 * 9110, 15.1? */
bool fresh_may_be_guessed(unsigned status);

#endif
