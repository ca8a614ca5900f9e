/*
 * origin_inside.h - what the files of connections to servers know of each
 * other: origin.c lends whole ones, shared.c streams of HTTP/2.
 *
 * Nobody else includes this.
 */
#ifndef WORKER_ORIGIN_ORIGIN_INSIDE_H
#define WORKER_ORIGIN_ORIGIN_INSIDE_H

#include "worker/origin/origin.h"

/* An origin of S, without a connection; NULL: no memory. */
struct origin *origin_make(struct server *s);

/* Closes its connection, and frees it. */
void origin_end(struct origin *o);

/* A new connection to S, or one of its siblings, as origin_borrow says. */
WAITS int origin_connect(struct server *s, const struct origin_want *want,
    usec_t deadline, struct origin **origin_r);

/* Whose requests S is told of; NULL: it is told nothing. */
const struct proxy_header *origin_client(const struct server *s,
    const struct origin_want *want);

/* Was O introduced as CLIENT's, or as our own if that is NULL? */
bool origin_is_for(const struct origin *o, const struct proxy_header *client);

#endif
