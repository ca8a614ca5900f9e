/*
 * shared.h - HTTP/2 connections to servers, shared by exchanges.
 *
 * What an exchange borrows is a stream: an origin (origin.h) that has one, and
 * no connection of its own.
 */
#ifndef WORKER_ORIGIN_SHARED_H
#define WORKER_ORIGIN_SHARED_H

#include "worker/origin/origin.h"

/* Streams of a connection that we use at a time, if the server allows it. */
#define SHARED_STREAMS_MAX 100

void shared_init_server(struct server *s);

/* Is S to be asked for a stream: as configured, or as it is known? */
bool shared_is_for(const struct server *s);

/*
 * A stream of S, which the caller has reserved: as origin_borrow.  A server that
 * may choose and does not speak HTTP/2 gives a connection instead.
 */
WAITS int shared_borrow(struct server *s, const struct origin_want *want,
    struct origin **origin_r);

/*
 * *ORIGIN is a new connection, of S or of its sibling: it becomes one that is
 * shared, and *ORIGIN its first stream.  If something else was agreed upon it
 * stays what it is.  After an error (-EPROTONOSUPPORT: the pool insists on
 * HTTP/2) it is ended, and the reservation is of S.
 */
WAITS int shared_begin(struct server *s, usec_t deadline,
    struct origin **origin);

/* O's stream is not needed any more; O ends, its reservation does not. */
void shared_return(struct origin *o);

/* O's connection is not to be trusted: it gets no more streams. */
void shared_distrust(struct origin *o);

/* The connection under O. */
const struct conn *shared_conn(const struct origin *o);

/* Has O's connection ended under it? */
bool shared_is_lost(const struct origin *o);

/* S is retired: what is open ends as soon as nobody uses it. */
void shared_leave(struct server *s);

/* Is a connection of S left? */
bool shared_has_any(const struct server *s);

#endif
