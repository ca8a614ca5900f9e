/*
 * talk.h - one request and its reply on a connection.
 *
 * For who wants an answer and serves nobody with it while it comes: fetch,
 * health checks.  The request is at hand as a whole; the reply's body is given
 * to a function piece by piece, or dropped.
 */
#ifndef WORKER_HTTP_TALK_H
#define WORKER_HTTP_TALK_H

#include "worker/conn/conn.h"
#include "worker/http/h2.h"

struct talk {
	struct str head; /* h1_write_request; BODY goes out behind it */
	struct str body;
	enum method method; /* of HEAD: how the reply is framed depends on it */
	usec_t deadline;    /* of all of it */
	size_t header_max;  /* of the reply's head; up to CONF_HEADER_MAX */
	uint64_t body_max;  /* of its body */
	/* A piece of it, good until the return.  False: it is enough.  NULL:
	 * nobody wants it. */
	bool (*take)(void *arg, struct str piece);
	void *arg;

	/* what came */
	struct message reply; /* STATUS is 0 until its head was read */
	enum fault fault;     /* when -EPROTO */
	usec_t first_byte; /* it came then; 0: never */
	bool silent;   /* the connection ended before a byte of the reply */
	bool reusable; /* nothing is left on it, it may lie idle */
};

/*
 * Sends all of the request, then reads the reply; interim replies are passed
 * over.  0 when the reply was read to its end.  -EPROTO: it can't be
 * understood, or is another than was asked for; -EMSGSIZE: its body is larger
 * than BODY_MAX; -ECANCELED, also when TAKE has had enough; -EPIPE: the
 * connection ended too early; -ETIMEDOUT; or another -errno.  Unless REUSABLE,
 * CONN is good for nothing but to be closed.  REPLY lies in A.
 *
 * Who answers before it has read the request, at length, and reads no further
 * until that is taken, is not served: the deadline ends it.
 */
WAITS int talk(struct talk *t, struct conn *conn, struct arena *a);

/* The same on the stream ST, which the caller releases; the head is F, and what
 * HEAD says is not read.  -ECONNRESET: the stream was reset, or lost. */
WAITS int talk_stream(struct talk *t, struct h2_stream *st,
    const struct h2_fields *f, struct arena *a);

#endif
