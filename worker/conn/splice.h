/*
 * splice.h - bytes from one connection to another, past us.
 *
 * Large plain bodies that nobody looks at go through a pipe in the kernel: a
 * third of the cost of copying them.  Pipes are pooled; where there are none
 * left the caller copies.
 */
#ifndef WORKER_CONN_SPLICE_H
#define WORKER_CONN_SPLICE_H

#include "worker/conn/conn.h"

/* Below this copying is as cheap. */
#define SPLICE_WORTH ((uint64_t)128 * 1024)

/* At most PIPES_MAX pipes at a time, two descriptors each. */
void splice_init(unsigned pipes_max);

struct splice {
	struct conn *from; /* what its window holds was used before */
	struct conn *to;
	usec_t patience; /* how long FROM may be silent at a time; or */
	struct pace *from_pace; /* how slow it may be, if not NULL */
	struct pace *pace;	/* how slow TO may be */
	uint64_t moved; /* arrived at TO: added to */
	bool to_failed; /* an error was TO's, not FROM's */
};

/*
 * Moves N bytes.  0; -ENOTSUP before anything was moved: no pipe; -EPIPE: FROM
 * ended too early (or TO is broken); or another -errno.  Bytes of TLS can't be
 * moved so.
 */
WAITS int splice_move(struct splice *s, uint64_t n);

/*
 * Moves what FROM has now, as much as a pipe holds, without waiting for it:
 * bytes, all of them arrived; 0 at FROM's end; -EAGAIN: there is nothing;
 * -ENOTSUP: no pipe, or TLS; or another -errno.
 */
WAITS ssize_t splice_some(struct splice *s);

void splice_free_all(void);

#endif
