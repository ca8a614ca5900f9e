/*
 * relay.h - a request to an origin, and its reply back.
 */
#ifndef WORKER_PROXY_RELAY_H
#define WORKER_PROXY_RELAY_H

#include "worker/origin/pool.h"
#include "worker/proxy/reply.h"

struct origin;

#define RELAY_INTERIMS_MAX 64 /* replies with 1xx before the final one */

/* How a try ended whose failing is not the exchange's: see hedge.c. */
struct apart {
	const struct server *server; /* as long as there is a reply */
	enum end end;
	enum fault fault;
	usec_t connected;
	usec_t first_byte;
};

/*
 * Sends the request of X to S, which is reserved, and reads the head of the
 * reply; passes interim replies on.  0: REPLY holds head and source, and is
 * either taken (relay_take) or given up (relay_give_up) before another server
 * gets the request.  -1 after exchange_fail.  An idle connection that turns
 * out to be closed is replaced by a new one silently, if the request may be
 * repeated.
 */
WAITS int relay_request(struct exchange *x, struct server *s,
    struct reply *reply);

/*
 * The same while another try may be under way: nothing of it is to be seen in
 * X, neither that it failed nor an interim reply.  APART says how it went, and
 * lives as long as REPLY is not taken.
 */
WAITS int relay_request_apart(struct exchange *x, struct server *s,
    struct reply *reply, struct apart *apart);

/*
 * A new connection to S, which is reserved, for bytes instead of a request.  0
 * and *ORIGIN_R; -1 after exchange_fail.
 */
WAITS int relay_connect(struct exchange *x, struct server *s,
    struct origin **origin_r);

/* REPLY goes to the client: the request will not be sent again. */
void relay_take(struct reply *reply);

/* REPLY may be taken later, but the request may go to another server.  True:
 * all of it is at hand, and its own server has a place again. */
WAITS bool relay_put_off(struct reply *reply);

/* Nobody wants REPLY. */
WAITS void relay_give_up(struct reply *reply);

/* Harmless, if a server has acted upon the request already, and possible:
 * its body is at hand as a whole (RFC 9110, 9.2.2). */
bool relay_may_repeat(const struct exchange *x);

/* Nothing of its body is lost: it can go to another server if this one has done
 * nothing. */
bool relay_is_at_hand(const struct exchange *x);

/* The field lines of ours for an origin, in the arena of X; STR_NONE: there is
 * no room for them. */
struct str relay_lines(struct exchange *x);

#endif
