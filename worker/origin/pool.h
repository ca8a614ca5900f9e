/*
 * pool.h - a worker's view of the pools: servers and their idle connections.
 *
 * The configuration says which servers there are (common/conf); this is what
 * changes while a worker runs.  One struct pool per conf_pool, found by its id.
 *
 * An origin is a connection to one server while an exchange has borrowed it;
 * between exchanges it lies idle at its server, newest first, until it is
 * borrowed again, goes stale, or has been idle for too long.
 */
#ifndef WORKER_ORIGIN_POOL_H
#define WORKER_ORIGIN_POOL_H

#include "common/conf/conf.h"
#include "worker/conn/conn.h"

/* Which of its idle connections a request may take: any, or one on which
 * nothing says that the origin is about to close it. */
#define ORIGIN_OF_ANY_AGE INT64_MAX
#define ORIGIN_FRESH (1 * USEC_PER_SEC)
#define ORIGIN_MOMENT (10 * USEC_PER_MSEC)

struct server {
	uint32_t magic;
	const struct conf_server *conf;
	struct pool *pool;
	struct list idle; /* struct origin, newest first */
	struct timer idle_timer; /* due when the first is idle for too long */
	int current; /* of the smooth weighted round robin */
};

struct pool {
	const struct conf_pool *conf;
	struct server *servers; /* conf->server_count */
	unsigned idle_count;
};

struct origin {
	uint32_t magic;
	bool reused; /* borrowed from the idle ones */
	struct conn conn;
	struct server *server;
	struct list link; /* in server->idle */
	usec_t idle_since;
	usec_t idle_until; /* at the latest */
};

/* Makes the pools of CONF; once a process.  0 or -ENOMEM. */
int pools_init(const struct conf *conf);

/* Closes all idle connections and forgets the pools. */
void pools_free(void);

struct pool *pool_find(const struct conf_pool *conf);

/*
 * Borrows a connection to S: an idle one that was idle for at most IDLE_AT_MOST
 * and is peeked, or a new one.  IDLE_AT_MOST: ORIGIN_OF_ANY_AGE for what may be
 * repeated, ORIGIN_FRESH for what may not, 0 for a new one.  Returns 0;
 * -ETIMEDOUT (timeouts.connect of the pool), -ECANCELED, -EMFILE or another
 * -errno of connect.
 */
WAITS int origin_borrow(struct server *s, usec_t idle_at_most,
    struct origin **origin_r);

/* Gives it back to lie idle for PATIENCE at most; 0 closes it, and so does a
 * pool that keeps none (keepalive.idle). */
void origin_give(struct origin **origin, usec_t patience);

/* Closes it: it is in the middle of a message, or broken. */
void origin_drop(struct origin **origin);

#endif
