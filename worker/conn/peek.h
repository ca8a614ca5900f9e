/*
 * peek.h - what a peer begins with, looked at and left where it is.
 *
 * For what comes before the bytes that a connection is about: whoever reads
 * after that (OpenSSL, an origin) shall find all of them still to be read.
 * Only for a conn without a window, and before a handshake of ours.
 */
#ifndef WORKER_CONN_PEEK_H
#define WORKER_CONN_PEEK_H

#include "worker/conn/conn.h"

/*
 * Says how many of the N BYTES are what is looked for: *size_r; more than N:
 * so many are needed at least.  0, and no more than PEEK_MAX; or what is wrong
 * with them.
 */
typedef unsigned peek_measure(const uint8_t *bytes, size_t n, size_t *size_r);

#define PEEK_MAX ((size_t)64 * 1024)

struct peek {
	uint8_t *bytes; /* the caller's, until peek_end */
	size_t size;
	size_t room;	/* behind BYTES */
	unsigned fault; /* what MEASURE said */
};

/*
 * Waits until all that MEASURE asks for is there, without memory for it: then
 * *PEEK_R has it.  0; -EPROTO: see the fault, or it ended in the middle of it;
 * -ECONNRESET: it ended before its first byte; -ENOMEM, -ETIMEDOUT, -ECANCELED,
 * another -errno.  peek_end after 0 only.
 */
WAITS int peek_begin(struct conn *c, peek_measure *measure, usec_t deadline,
    struct peek *peek_r);
void peek_end(struct peek *peek);

/* The same, and takes those bytes off the connection. */
int peek_consume(struct conn *c, struct peek *peek);

#endif
