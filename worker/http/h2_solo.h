/*
 * h2_solo.h - one stream on a connection of its own.
 *
 * For who asks one thing of a server in HTTP/2 and is done: health checks.
 */
#ifndef WORKER_HTTP_H2_SOLO_H
#define WORKER_HTTP_H2_SOLO_H

#include "worker/http/h2.h"

struct h2_solo {
	struct conn conn; /* the caller's: opened before, closed behind */
	struct h2_options options;
	struct h2_session *session;
	struct h2_stream *stream;
	struct fiber *fiber; /* a child of the caller's: in h2_run */
};

/*
 * A session and a stream over S->conn, which is open.  Heads have at most
 * HEADER bytes, and as soon as one has begun, PATIENCE.  0 or -ENOMEM.
 */
int h2_solo_begin(struct h2_solo *s, size_t header, usec_t patience);

/* Ends both; S->conn is good for nothing but conn_close. */
WAITS void h2_solo_end(struct h2_solo *s);

#endif
