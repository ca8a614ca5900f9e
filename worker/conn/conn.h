/*
 * conn.h - a connection as bytes, plain or over TLS.
 *
 * A conn is a non-blocking stream socket, registered with the loop for its
 * whole life, and a window of bytes that were received and not yet consumed.
 * After tls_accept or tls_connect (tls.h) all that is said here of bytes means
 * those inside TLS.
 * It owns its descriptor and, while one is lent to it, no memory: the window
 * lies in a block that the user lends (conn_lend) and takes back.
 *
 * Calls try the system call first and park only when the descriptor is dry.
 * They return bytes or 0 for the end of the stream, or
 *   -ETIMEDOUT  the deadline came          -ECANCELED  this fiber was cancelled
 *   -EPIPE, -ECONNRESET and others         the connection is broken
 * After -ETIMEDOUT, -ECANCELED or a broken connection in the middle of a
 * message the connection is good for nothing but conn_close.
 */
#ifndef WORKER_CONN_CONN_H
#define WORKER_CONN_CONN_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "common/base/str.h"
#include "worker/conn/pace.h"
#include "worker/fiber/loop.h"

#define CONN_MAGIC 0x434f4e4eu

struct ssl_st; /* of OpenSSL */

struct conn {
	uint32_t magic;
	uint32_t cap; /* of the lent window; 0: none is lent */
	struct watch watch;
	struct ssl_st *tls; /* speaks TLS: tls.h; NULL: plain */
	bool tls_partial;   /* what TLS holds is not yet a record */
	bool tls_blocked;   /* it must write before it can read */
	bool tls_early;     /* early data: the handshake is not over yet */
	bool tls_has_byte;  /* the first byte of it is here: */
	char tls_byte;
	bool tls_broken;    /* no close_notify for this one */
	uint32_t tls_error; /* of OpenSSL: why it is broken, if that is why */
	uint32_t tls_idle;  /* received bytes that said nothing to us: tls.c */
	char *window;
	uint32_t start; /* received, not consumed: window[start..end) */
	uint32_t end;
};

/*
 * Takes over FD (non-blocking); ON_EVENT as in loop.h.  0 or -errno, and then
 * FD is still the caller's.
 */
int conn_open(struct conn *c, int fd,
    void (*on_event)(struct watch *w, unsigned events));

/* A new connection to ADDR. 0, -ETIMEDOUT, -ECANCELED, -errno: C is closed. */
WAITS int conn_connect(struct conn *c, const struct sockaddr *addr,
    socklen_t addr_len, usec_t deadline);

/*
 * The same in two steps, for who has something to do between them.  0: it is
 * there; -EINPROGRESS: conn_await says; -ETIMEDOUT, -ECANCELED, -errno: C is
 * closed.  Waits only for a unix socket.
 */
WAITS int conn_begin(struct conn *c, const struct sockaddr *addr,
    socklen_t addr_len, usec_t deadline);

/* 0, or -errno: C is still open, and after -ETIMEDOUT may be awaited again. */
WAITS int conn_await(struct conn *c, usec_t deadline);

/* Closes; safe on a closed conn.  No fiber may be waiting on it. */
void conn_close(struct conn *c);

/* Has bytes that were received, but not yet read out of TLS. */
bool tls_has_pending(const struct conn *c);

static inline bool conn_is_open(const struct conn *c)
{
	return c->watch.fd >= 0;
}

/* ---- the window ---- */

/* Bytes received and not consumed. */
static inline struct str conn_held(const struct conn *c)
{
	if (c->start == c->end)
		return str_make(c->window, 0);
	return str_make(c->window + c->start, c->end - c->start);
}

/* Lends N bytes at P; what the old window held is copied and must fit. */
void conn_lend(struct conn *c, char *p, size_t n);

/* Takes the window back; nothing may be left in it. */
void conn_take_back(struct conn *c);

void conn_consume(struct conn *c, size_t n);

/* Puts N bytes that were read elsewhere behind what the window holds. */
void conn_put(struct conn *c, const char *p, size_t n);

/*
 * Receives more into the window, behind what it holds: > 0 bytes, 0 at the
 * end of the stream, -EAGAIN when nothing is there now, -ENOBUFS when the
 * window is full, or -errno.  Does not wait.
 */
ssize_t conn_fill(struct conn *c);

/* ---- moving bytes ---- */

/* Receives up to N bytes to P past the window; waits for the first. */
WAITS ssize_t conn_read(struct conn *c, void *p, size_t n, usec_t deadline);

/* The same without waiting: -EAGAIN when nothing is there. */
ssize_t conn_try_read(struct conn *c, void *p, size_t n);

/* The same, and never yields: who calls it pays (fiber_charge) behind it. */
ssize_t conn_take(struct conn *c, void *p, size_t n);

/* Might a read give something, without a system call that says when? */
static inline bool conn_may_read(const struct conn *c)
{
	return watch_is_ready(&c->watch, WATCH_READ) ||
	    (c->tls != NULL && tls_has_pending(c));
}

/* Waits until something can be read, without a buffer to read it into. */
WAITS int conn_wait_readable(struct conn *c, usec_t deadline);

/* The same, while the peer keeps up with PACE. */
WAITS int conn_wait_sender(struct conn *c, struct pace *pace);

/* Waits until something can be sent, while the peer keeps up with PACE. */
WAITS int conn_wait_writable(struct conn *c, struct pace *pace);

/*
 * Sends all of IOV (which it changes); PACE says how slow the peer may be.
 * 0 or -errno.
 */
WAITS int conn_write(struct conn *c, struct iovec *iov, int iov_count,
    struct pace *pace);

/*
 * Sends what can be sent now, without waiting or yielding: bytes, -EAGAIN, or
 * -errno.  After -EAGAIN the same bytes must come again, perhaps with more
 * behind them.
 */
ssize_t conn_try_write(struct conn *c, const void *p, size_t n);

/* Bytes that were sent and that the peer's kernel has not acknowledged. */
int conn_queued(const struct conn *c);

/* No more will be sent: the peer reads an end. */
void conn_finish(struct conn *c);

/*
 * Acknowledges what came at once.  An origin that sends its head and its body
 * in two small writes, without TCP_NODELAY, waits for that before the second:
 * the delayed ACK would cost 40 ms.
 */
void conn_acknowledge(struct conn *c);

/* When it is closed the peer shall see a reset, not an end. */
void conn_set_reset(struct conn *c);

/* Has the peer sent something that was not received into the window? */
bool conn_has_unread(const struct conn *c);

/* Has the peer closed, or sent something unasked?  For idle connections: what
 * TLS says for itself (tickets, keys) is no such thing, and is taken in. */
bool conn_is_stale(struct conn *c);

/*
 * Sends an end, then reads and forgets what the peer still sends, until it
 * ends, too: what comes to a closed socket is answered by a reset, which loses
 * what the peer has not taken yet.  For at most a second, in which the fiber is
 * shielded; for longer only while the peer takes what was sent, at PACE.  Then
 * closes.
 */
WAITS void conn_close_gently(struct conn *c, struct pace *pace);

#endif
