/*
 * status_field.h - what the cache did, told to the client: RFC 9211.
 */
#ifndef WORKER_CACHE_STATUS_FIELD_H
#define WORKER_CACHE_STATUS_FIELD_H

#include "common/base/clock.h"
#include "common/base/out.h"

/* Why the origin was asked. */
enum status_forward {
	STATUS_HIT, /* it was not */
	STATUS_BYPASS,
	STATUS_METHOD,
	STATUS_URI_MISS,
	STATUS_VARY_MISS,
	STATUS_REQUEST, /* the request's directives */
	STATUS_STALE,
	STATUS_PARTIAL
};

struct cache_status {
	enum status_forward forward;
	unsigned origin_status; /* what the origin said; 0: not known, or the
				   client is told the same */
	bool stored;
	bool collapsed; /* somebody else asked for it */
	bool has_ttl;
	usec_t ttl;	    /* of freshness; negative: stale since */
	const char *detail; /* a token, as of reason.h; NULL or "": none */
};

#define STATUS_FIELD_NAME "Cache-Status"
#define STATUS_FIELD_MAX 160

/*
 * Appends our member of Cache-Status: "sluice; hit; ttl=42".  It is a line of
 * its own behind those that others have written, which were nearer to the
 * origin.  STATUS_FIELD_MAX suffices if DETAIL is no longer than 48.
 */
void status_field_write(const struct cache_status *status, struct out *o);

#endif
