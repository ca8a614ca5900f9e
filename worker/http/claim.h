/*
 * claim.h - what a request says of its own way: X-Forwarded-For, Forwarded
 * (RFC 7239), traceparent and others, as values.
 *
 * Pure: nothing here allocates or waits, and nothing decides whether a claim
 * is believed (that is worker/proxy/identity.c).
 */
#ifndef WORKER_HTTP_CLAIM_H
#define WORKER_HTTP_CLAIM_H

#include "common/base/ip.h"
#include "worker/http/message.h"

#define CLAIM_REQUEST_ID_MAX 128
#define CLAIM_TRACE_MAX 255

/*
 * The elements of all fields of one name, as one list, from the last to the
 * first: each was added by somebody who knew less of us than the one behind.
 *
 *	struct claim_list list = claim_list(m, FIELD_x_forwarded_for);
 *	while (claim_list_last(&list, &element)) ...
 */
struct claim_list {
	const struct message *m;
	enum field_id id;
	unsigned fields; /* that are left */
	struct str rest; /* of the field that was begun */
};

struct claim_list claim_list(const struct message *m, enum field_id id);

/* Takes the last element, which is trimmed and not empty, off LIST.  False:
 * none is left.  A comma in double quotes does not end an element. */
bool claim_list_last(struct claim_list *list, struct str *element_r);

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80".  False for
 * all else: "unknown", "_hidden", names. */
bool claim_node(struct str text, struct ip *ip_r);

/* An element of Forwarded.  What it does not say is STR_NONE. */
struct claim_hop {
	struct str node; /* for= : for claim_node */
	struct str proto;
	struct str host;
};

/* False: it is malformed, says something twice, or holds a backslash. */
bool claim_hop(struct str element, struct claim_hop *hop_r);

/* "http" or "https" in any case: in lower case, or STR_NONE. */
struct str claim_proto(struct str text);

/* 1 to CLAIM_REQUEST_ID_MAX letters, digits and . _ = + / - */
bool claim_is_request_id(struct str text);

/* A traceparent of W3C Trace Context, of version 00 or a later one that is
 * written as its section 3.2.4 foresees. */
bool claim_is_trace(struct str text);

#endif
