/*
 * pool.h - a worker's view of the pools and their servers.
 *
 * The configuration says which servers there are to be (common/conf); this is
 * what changes while a worker runs, and what all workers know together of each
 * server (its row in the health table).  One struct pool per conf_pool, found
 * by its id.
 *
 * Servers come and go: a server of the configuration stands for each address
 * that its name has now.  One that is gone is retired: it is in no pool any
 * more, and is freed when nothing holds it.
 */
#ifndef WORKER_ORIGIN_POOL_H
#define WORKER_ORIGIN_POOL_H

#include "common/base/list.h"
#include "common/conf/conf.h"
#include "common/shm/health.h"
#include "worker/fiber/loop.h"
#include "worker/origin/tls_sessions.h"

struct ssl_ctx_st; /* of OpenSSL */

/* The HTTP/2 connections of a server: shared.c. */
struct shares {
	struct list conns;    /* struct shared: who is asked first */
	struct cond changed;  /* one that was being opened is there, or not */
	unsigned connecting;  /* who open one */
	unsigned waiting;     /* for that */
	bool speaks_other;    /* the last time that it had a choice */
};

struct server {
	uint32_t magic;
	bool retired;
	const struct conf_server *conf;
	struct conf_address address; /* TEXT is its own */
	unsigned weight; /* as configured, or as a service says */
	unsigned tier;	 /* the nearest are asked first */
	struct pool *pool;
	uint64_t id; /* of URL and address: the same in every process */
	struct health_row *row;
	const struct health_row *check; /* NULL: it is not checked */
	struct check_job *job; /* the same */
	struct list check_link; /* among its job's */
	unsigned reserved; /* by this process; what it holds in ROW */
	struct list idle; /* struct origin, newest first */
	struct timer idle_timer; /* due when the first is idle for too long */
	struct shares shares;
	struct tls_sessions sessions;
	usec_t say_next; /* that its TLS fails: not before */
	struct list link;     /* in pool->retired */
	struct timer farewell; /* it is not held any more */
	int current; /* of the smooth weighted round robin */
};

struct pool {
	const struct conf_pool *conf;
	struct ssl_ctx_st *tls; /* what its servers are spoken to with; or NULL */
	struct health_row *row; /* NULL until pool_row */
	struct server **at; /* COUNT of them, nearest tier first */
	unsigned count;
	struct list retired; /* struct server: held by exchanges yet */
	unsigned idle_count; /* connections */
	unsigned turn; /* of whoever goes round */
	unsigned uncounted; /* requests that ROW's budget lacks */
	uint64_t weight_most; /* that balance.c has met */
	struct list waiters; /* for a server to have room: queue.c */
	struct list waiting_link; /* among the pools that have some */
	struct timer look_again;
	uint64_t served; /* the number of the last one that got a server */
};

/* Makes the pools of CONF; once a process, before "ready".  0, -ENOMEM, or
 * -EINVAL, which was logged. */
int pools_init(const struct conf *conf);

/* The pair NUMBER is another one now: servers are shown that. */
void pools_renew_pair(unsigned number);

/* Closes all idle connections and forgets the pools. */
void pools_free(void);

struct pool *pool_find(const struct conf_pool *conf);

/* All of them, in the order of the configuration; NULL past the end. */
struct pool *pool_at(unsigned i);

/* What may differ between servers that one of the configuration stands for. */
struct server_place {
	struct conf_address address;
	unsigned weight;
	unsigned rank; /* below 65536; of those with one zone 0 is asked first */
};

/*
 * A server of P at PLACE, which S of the configuration has (now).  One that was
 * retired and is held yet comes back.  NULL: out of memory.
 */
struct server *pool_add_server(struct pool *p, const struct conf_server *s,
    const struct server_place *place);

/* S leaves its pool; it ends when it has not been held for a while. */
void pool_retire_server(struct server *s);

/* The row that all workers share for P. */
struct health_row *pool_row(struct pool *p);

/* The id of a row of KIND for the pool P; what follows is added by the caller.
 * "web" of two vhosts are two pools. */
struct hash_id pool_row_id(const struct conf_pool *p, enum health_kind kind);

/* How many servers have a row of this process alone, for want of room. */
unsigned pools_private(void);

/* One more exchange for S is in flight; STUCK: of a client that has been with
 * it.  False: it is full (max_conns), or an operator wants none any more. */
bool server_reserve(struct server *s, bool stuck);
void server_release(struct server *s);

/* A reservation of FROM becomes one of TO, whether that has room or not. */
void server_move(struct server *from, struct server *to);

/* What all workers have in flight at S. */
static inline unsigned server_in_flight(const struct server *s)
{
	return health_held(s->row);
}

/* Its weight: what an operator said last, or what is configured. */
unsigned server_weight(const struct server *s);

/* Does the operator want it used?  STUCK: as below. */
bool server_is_wanted(const struct server *s, bool stuck);

/* May S be given exchanges now?  STUCK: of a client that has been with it. */
bool server_is_usable(const struct server *s, bool stuck, usec_t now);

/* Has it room for one more (max_conns)? */
bool server_has_room(const struct server *s);

/* Is there a server in P that may be used? */
bool pool_is_usable(const struct pool *p);

/* ---- latency ---- */

/* The first byte of a reply took so long. */
void server_measured(struct server *s, usec_t latency);

/* The smoothed time to the first byte: that of late counts; what is not used
 * for a while is believed to have become faster.  0: not known. */
usec_t server_latency(const struct server *s, usec_t now);

#endif
