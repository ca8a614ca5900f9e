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

#define ORIGIN_CONNECT_PATIENCE (3 * USEC_PER_SEC)
#define ORIGIN_IDLE_MAX 32 /* a pool, a worker, for longer than a moment */
#define ORIGIN_IDLE_PATIENCE (4 * USEC_PER_SEC)

/* Which of its idle connections a request may take: one on which nothing
 * says that the origin is about to close it. */
#define ORIGIN_FRESH (1 * USEC_PER_SEC)
#define ORIGIN_MOMENT (10 * USEC_PER_MSEC)

struct server {
	uint32_t magic;
	const struct conf_server *conf;
	struct pool *pool;
	struct list idle; /* struct origin, newest first */
	struct timer idle_timer; /* due when the oldest is idle for too long */
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
};

/* Makes the pools of CONF; once a process.  0 or -ENOMEM. */
int pools_init(const struct conf *conf);

/* Closes all idle connections and forgets the pools. */
void pools_free(void);

struct pool *pool_find(const struct conf_pool *conf);

/*
 * Borrows a connection to S: an idle one that was idle for at most IDLE_AT_MOST
 * and is peeked, or a new one.  IDLE_AT_MOST: ORIGIN_IDLE_PATIENCE for what may
 * be repeated, ORIGIN_FRESH for what may not, 0 for a new one.  Returns 0;
 * -ETIMEDOUT, -ECANCELED, -EMFILE or another -errno of connect.
 */
WAITS int origin_borrow(struct server *s, usec_t idle_at_most,
    struct origin **origin_r);

/* Gives it back to lie idle. */
void origin_give(struct origin **origin);

/* Closes it: it is in the middle of a message, or broken. */
void origin_drop(struct origin **origin);

#endif
