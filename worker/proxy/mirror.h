/*
 * mirror.h - a copy of a request to another pool, whose answer nobody reads.
 */
#ifndef WORKER_PROXY_MIRROR_H
#define WORKER_PROXY_MIRROR_H

#include "worker/proxy/exchange.h"

/*
 * What "mirror" of X's route asks for: perhaps begins to send a copy of X's
 * request, as it is forwarded.  Never waits, and never fails X; X need not
 * outlive it.  When spool_gather has kept what it keeps of the body.
 */
void mirror_start(struct exchange *x);

static inline void mirror(struct exchange *x)
{
	if (x->route->mirror != NULL)
		mirror_start(x);
}

#endif
