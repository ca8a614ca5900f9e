/*
 * fetch.h - a request of our own, to a pool.
 *
 * For what needs an origin's answer and is not the exchange that a client
 * waits for: mirrors, revalidation, composition, authentication.  Declared
 * here, where all of them may know it; supplied by proxy/, which knows pools.
 */
#ifndef WORKER_HTTP_FETCH_H
#define WORKER_HTTP_FETCH_H

#include "worker/http/message.h"
#include "worker/http/talk.h"

struct fetch {
	const struct conf_pool *pool;
	const struct message *request; /* framed as BODY is */
	struct str host;  /* of its Host field; STR_NONE: that of the server */
	struct str lines; /* field lines of ours, with their CR LF, or "" */
	struct str body;
	uint64_t key; /* of a pool with balance = "hash:..." */

	/* DEADLINE, BODY_MAX, TAKE and ARG are the caller's, and so is what
	 * came; the rest is not. */
	struct talk talk;
	const char *server; /* the last that was tried: its URL; or NULL */
};

/*
 * Sends the request to a server of its pool, and reads the reply as talk()
 * does.  0 when there is a reply, or what talk() says, or why no connection
 * could be had: -ENOENT (no server may be used), -ENOBUFS (none has room),
 * -ETIMEDOUT, -ECANCELED, -ECONNREFUSED and other -errno.
 * Memory comes from A, the reply's head lies in it.  Cancelled, it ends soon.
 */
WAITS int fetch(struct fetch *f, struct arena *a);

typedef int fetch_fn(struct fetch *f, struct arena *a);

/* At start, once. */
void fetch_supply(fetch_fn *fn);

/* What an error of fetch means, in words. */
const char *fetch_error(const struct fetch *f, int err);

#endif
