/*
 * peer.h - one connection of a demo origin, as bytes.
 *
 * Reads and writes wait; a peer that neither sends nor reads for PEER_PATIENCE
 * seconds is given up.  All calls return false (or -1) once the connection has
 * failed, and go on doing so: callers may check late.
 */
#ifndef TESTS_DEMO_PEER_H
#define TESTS_DEMO_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PEER_PATIENCE 75
#define PEER_BUFFER (64 * 1024)

struct peer {
	int fd;
	unsigned number;   /* of this connection, from 1 */
	unsigned requests; /* read so far */
	bool failed;
	size_t in_at; /* unread bytes: in[in_at] to in[in_end - 1] */
	size_t in_end;
	size_t out_end; /* bytes in out that were not sent yet */
	char in[PEER_BUFFER];
	char out[PEER_BUFFER];
};

/* Takes over FD (not: closes it), sets its timeouts. */
void peer_init(struct peer *p, int fd, unsigned number);

/* Reads more behind what is unread.  Bytes; 0: the peer closed or the buffer
 * is full; -1: failed. */
ssize_t peer_fill(struct peer *p);

/* A line without its CR LF, in place; NULL when there is none that fits, or
 * it ends in anything else.  Valid until the next read. */
char *peer_line(struct peer *p);

/* Puts bytes into the output buffer, sending when it is full. */
bool peer_put(struct peer *p, const void *bytes, size_t n);
bool peer_text(struct peer *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool peer_flush(struct peer *p);

/* Waits for MSEC milliseconds; false as soon as the peer has hung up. */
bool peer_wait(struct peer *p, long msec);

#endif
