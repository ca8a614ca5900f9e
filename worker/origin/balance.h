/*
 * balance.h - which server of a pool takes the next request.
 */
#ifndef WORKER_ORIGIN_BALANCE_H
#define WORKER_ORIGIN_BALANCE_H

#include "worker/origin/pool.h"

#define PICK_TRIED_MAX 8

/* What one exchange says of its server, and learns. */
struct pick {
	uint64_t key;	 /* of balance = "hash:...": what the request has */
	uint64_t wanted; /* id of the server that it is stuck to; 0: none */
	bool only_wanted; /* and no other, as long as P has that one */
	bool wanted_full; /* out: that one had no room */
	uint64_t tried[PICK_TRIED_MAX]; /* ids: they failed this request */
	unsigned tried_count;
	bool impatient; /* no place is waited for: it keeps one already */
	bool full; /* out: there are servers, but none has room */
};

/*
 * A server of P, reserved, as the setting balance says: of the nearest tier
 * that has one which may be used and has room.  One that was tried is chosen
 * again only when there is no other.  NULL: there is none; see PICK->full.
 */
struct server *balance_pick(struct pool *p, struct pick *pick);

/* How much of its weight S has NOW, in percent: less than 100 for a while
 * after it came back (slow_start). */
unsigned balance_share(const struct server *s, usec_t now);

/* S failed the exchange of PICK. */
void balance_tried(struct pick *pick, const struct server *s);

#endif
