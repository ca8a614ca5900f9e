/*
 * h2_fields.h - what a head of HTTP/2 is to say: a list of names and values.
 *
 * Pure.  Names are lower-cased on the way in, and what belongs to a connection
 * of HTTP/1 (RFC 9113, 8.2.2) is left out, whoever asked for it.
 */
#ifndef WORKER_HTTP_H2_FIELDS_H
#define WORKER_HTTP_H2_FIELDS_H

#include <nghttp2/nghttp2.h>

#include "common/base/arena.h"
#include "common/base/out.h"
#include "worker/http/message.h"

struct h2_fields {
	nghttp2_nv *nv;
	unsigned count;
	unsigned cap;
	bool full;	  /* something did not fit: not to be sent */
	struct out names; /* in lower case, where they were not */
};

/* Room for COUNT fields whose names have BYTES in all, in A; all lives there.
 * Check h2_fields_ok once at the end. */
struct h2_fields h2_fields_make(struct arena *a, unsigned count, size_t bytes);

static inline bool h2_fields_ok(const struct h2_fields *f)
{
	return !f->full && out_ok(&f->names);
}

/* A field; NAME may be a pseudo-header.  VALUE lives as long as F. */
void h2_fields_add(struct h2_fields *f, struct str name, struct str value);

/* The kept fields of M. */
void h2_fields_add_kept(struct h2_fields *f, const struct message *m);

/* Field lines of HTTP/1, with their CR LF. */
void h2_fields_add_lines(struct h2_fields *f, struct str lines);

/* ":status" */
void h2_fields_add_status(struct h2_fields *f, unsigned status);

/* Content-Length, where it is said. */
void h2_fields_add_length(struct h2_fields *f, const struct framing *framing);

/* A copy of F, all of it in ROOM, which it may fill: false, if that is too
 * little. */
bool h2_fields_copy(const struct h2_fields *f, struct out *room,
    struct h2_fields *to);

/* How many field lines there are in LINES. */
unsigned h2_fields_in(struct str lines);

#endif
