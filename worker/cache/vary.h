/*
 * vary.h - which of a resource's replies a request selects.
 *
 * What a reply varies by is a *spec*: names of fields of requests.  What a
 * request has there is the *variant text*: a stored reply may be used for a
 * request whose text by the reply's spec is the reply's.  Pure and bounded.
 */
#ifndef WORKER_CACHE_VARY_H
#define WORKER_CACHE_VARY_H

#include "common/base/out.h"
#include "worker/http/message.h"

#define VARY_NAMES_MAX 16
#define VARY_SPEC_MAX 256

enum vary {
	VARY_NOTHING, /* by no field: the spec is "" */
	VARY_FIELDS,
	VARY_ANY, /* by what no request can be held against: "*", or something
		     that origins learn from us (whose client it is) */
	VARY_HARD /* by more than VARY_NAMES_MAX or VARY_SPEC_MAX */
};

/*
 * What REPLY varies by; for VARY_FIELDS the spec is appended to SPEC: lower
 * case, in order, joined by "\n".  Not in it: what the key tells apart already
 * (Host, scheme), Range and conditions, which the cache answers itself.
 */
enum vary vary_read(const struct message *reply, struct out *spec);

/* The first name of *SPEC, which moves behind it; false at the end. */
bool vary_next(struct str *spec, struct str *name_r);

/*
 * Appends the variant text of REQUEST, to which REPLY came.  False: it does not
 * fit.
 */
bool vary_of_reply(struct str spec, const struct message *request,
    const struct message *reply, struct out *o);

/*
 * The variant texts under which a reply to REQUEST may be stored, all written
 * to O: the first is its own, the others say "in the language that it likes
 * best".  How many; 0: they don't fit.
 */
#define VARY_TEXTS_MAX 4
unsigned vary_of_request(struct str spec, const struct message *request,
    struct out *o, struct str texts_r[VARY_TEXTS_MAX]);

/*
 * Appends the value of all fields NAME of REQUEST that are not dropped (no
 * origin sees those), normalised: lines combined,
 * spaces around commas (of Cookie: semicolons) gone.  False: there is none.
 */
bool vary_write_value(const struct message *request, struct str name,
    struct out *o);

#endif
