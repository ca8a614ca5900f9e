/*
 * partial.h - what a stored part of a representation is good for: RFC 9111, 3.3
 * and 3.4.
 *
 * Pure.  A part is LENGTH bytes from FIRST on, of COMPLETE.
 */
#ifndef WORKER_CACHE_PARTIAL_H
#define WORKER_CACHE_PARTIAL_H

#include "worker/http/range.h"

struct partial {
	uint64_t first;
	uint64_t length;
	uint64_t complete;
};

/*
 * May REPLY, a 206, be stored as a part?  False: it has several, does not say of
 * how much, or its body is not as long as it says.
 */
bool partial_read(const struct message *reply, struct partial *part_r);

enum partial_use {
	PARTIAL_SERVE, /* all that is asked for is there: as from the whole */
	PARTIAL_REST,  /* ask for *REST_R; with what is there it is the whole */
	PARTIAL_NONE   /* ask as the client does */
};

/* What a request for ASKED (NULL: for all) can do with PART. */
enum partial_use partial_plan(const struct partial *part,
    const struct range_asked *asked, struct range_part *rest_r);

/*
 * May REPLY, a 206 that was asked for as the REST of PART, be joined to it: do
 * both have the same strong validator, and is it that rest?  STORED is the head
 * of PART.  False: the whole is to be fetched.
 */
bool partial_joins(const struct partial *part, const struct message *stored,
    const struct message *reply, usec_t wall);

#endif
