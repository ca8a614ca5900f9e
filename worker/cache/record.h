/*
 * record.h - the head of a reply as the store keeps it.
 *
 * Made once, of the reply that an origin sent; read at each hit.  Pure: nothing
 * here waits.
 */
#ifndef WORKER_CACHE_RECORD_H
#define WORKER_CACHE_RECORD_H

#include "common/base/arena.h"
#include "common/base/out.h"
#include "worker/http/h1.h"

/* What a record is made of beside the reply itself. */
struct record_plan {
	/* Names of fields that are not to be kept, each text a list with
	 * commas: of no-cache="..." and private="...". */
	const struct str *without;
	unsigned without_count;

	/* Fields that we add to the reply (Date). */
	const struct h1_field *extra;
	unsigned extra_count;
};

/* A reply whose head came as HEAD_LEN bytes, fields of ours included, takes at
 * most so much. */
#define RECORD_ROOM(head_len, field_count)                                     \
	((size_t)(head_len) + 8 * (size_t)(field_count) + 64)

/*
 * Appends REPLY to O: status, reason, and the fields that another client may be
 * given.  Left out: what is dropped (hop-by-hop, framing, named by Connection),
 * Proxy-*, Age, the Content-Range of a 206, and PLAN's.  Check out_ok.
 */
void record_encode(const struct message *reply, const struct record_plan *plan,
    struct out *o);

/*
 * Reads RECORD into *M, which points into it: status, reason and fields, nothing
 * else; framing is none.  Takes memory for the fields from A.  False: it is no
 * record of ours (of another version, or somebody wrote over it), or A is
 * spent.  Whatever the bytes are, nothing outside of them is read.
 */
bool record_decode(struct str record, struct arena *a, struct message *m);

#endif
