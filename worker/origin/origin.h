/*
 * origin.h - connections to servers: borrowed, given back, idle.
 *
 * An origin is a connection to one server while an exchange has borrowed it;
 * between exchanges it lies idle at its server, newest first, until it is
 * borrowed again, goes stale, or has been idle for too long.  While it is lent
 * it holds the reservation that its exchange made.
 *
 * With a server that speaks HTTP/2 it is one stream of a connection that many
 * share (shared.h): used once, as all streams are.
 */
#ifndef WORKER_ORIGIN_ORIGIN_H
#define WORKER_ORIGIN_ORIGIN_H

#include "worker/conn/conn.h"
#include "worker/conn/proxy_header.h"
#include "worker/http/h2.h"
#include "worker/origin/pool.h"

/* Which of its idle connections a request may take: any, or one on which
 * nothing says that the origin is about to close it. */
#define ORIGIN_OF_ANY_AGE INT64_MAX
#define ORIGIN_FRESH (1 * USEC_PER_SEC)
#define ORIGIN_MOMENT (10 * USEC_PER_MSEC)

struct origin {
	uint32_t magic;
	bool reused; /* borrowed from the idle ones */
	struct conn conn;
	struct h2_stream *stream; /* of HTTP/2, and CONN is closed; or NULL */
	struct shared *shared;	  /* whose stream that is */
	struct server *server;
	struct proxy_header client; /* whose requests it takes, if that was
				       told: proxy_protocol of the pool */
	struct list link; /* in server->idle */
	usec_t idle_since;
	usec_t idle_until; /* at the latest */
};

/* Makes S ready to keep idle connections. */
void origin_init_server(struct server *s);

/* Closes those of S that are idle. */
void origin_close_idle(struct server *s);

/*
 * Borrows a connection to S, which the caller has reserved: an idle one that
 * was idle for at most IDLE_AT_MOST and is peeked, or a new one.  IDLE_AT_MOST:
 * ORIGIN_OF_ANY_AGE for what may be repeated, ORIGIN_FRESH for what may not, 0
 * for a new one.  Returns 0, and the reservation is the origin's (whose server is
 * another one of the same name if S did not answer soon); -ETIMEDOUT
 * (timeouts.connect of the pool), -ECANCELED, -EMFILE, -EPROTO (its TLS failed:
 * origin_tls_verdict says why, until the caller waits), -EPROTONOSUPPORT (it is
 * to speak HTTP/2, and does not) or another -errno of connect, and it is still
 * the caller's.
 */
WAITS int origin_borrow(struct server *s, usec_t idle_at_most,
    struct origin **origin_r);

/* What is to be spoken on a connection. */
enum origin_version {
	ORIGIN_ANY_VERSION, /* that the pool allows */
	ORIGIN_HTTP1	    /* with http = "2" that nevertheless */
};

struct origin_want {
	usec_t idle_at_most;
	enum origin_version version; /* HTTP1 for what becomes a tunnel */
	/* For this client's requests, or our own if it is NULL: what was told
	 * to be one client's is never another's. */
	const struct proxy_header *client;
};

WAITS int origin_borrow_as(struct server *s, const struct origin_want *want,
    struct origin **origin_r);

/* A read from O, or its stream, has just failed: as greet_was_refused. */
bool origin_was_refused(const struct origin *o);

/* Gives it back to lie idle for PATIENCE at most; 0 closes it, and so does a
 * pool that keeps none (keepalive.idle).  The reservation ends. */
void origin_give(struct origin **origin, usec_t patience);

/* Closes it: it is in the middle of a message, or broken.  The reservation
 * ends. */
void origin_drop(struct origin **origin);

#endif
