/*
 * failover.h - a request that failed at one server goes to another.
 */
#ifndef WORKER_PROXY_FAILOVER_H
#define WORKER_PROXY_FAILOVER_H

#include "worker/proxy/choose.h"
#include "worker/proxy/reply.h"

struct failover {
	struct pick pick;
	unsigned tries; /* but for those of hedges */
	enum end before; /* how the last but one ended */
	struct put_off *answer; /* the last that a server gave, or NULL */
};

/* X goes to its pool. */
void failover_begin(struct failover *f, struct exchange *x);

/*
 * A try of X has ended, with REPLY or a failure.  True: there shall be another,
 * and nothing is left of this one.  False: X has failed, or REPLY is taken.
 */
WAITS bool failover_again(struct failover *f, struct exchange *x,
    struct reply *reply);

/* May one more request be sent to X's pool that is not a client's?  It counts
 * then. */
bool failover_afford(const struct exchange *x);

/* SERVER of X has not answered as it should: by how X stands, or END_NONE and
 * the STATUS that came, or 0 when it was too slow. */
void failover_note(struct exchange *x, const struct chosen *server,
    enum end end, unsigned status);

/* "10.0.0.1:80/connect_failed/0.412,10.0.0.2:80/503/7.001", until the next
 * call; STR_NONE: nothing failed. */
struct str failover_tried(const struct exchange *x);

/* What was tried for X, OF knows too, in memory of its own. */
void failover_tell(const struct exchange *x, struct exchange *of);

#endif
