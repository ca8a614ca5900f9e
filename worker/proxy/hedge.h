/*
 * hedge.h - a second server is asked when the first one is slow.
 */
#ifndef WORKER_PROXY_HEDGE_H
#define WORKER_PROXY_HEDGE_H

#include "worker/origin/balance.h"
#include "worker/proxy/reply.h"

/*
 * Sends the request of X to S, which is reserved, as relay_request does; with
 * the setting hedge of its pool perhaps to a second one, too, which counts as
 * tried in PICK.  X->end is END_NONE and REPLY there, or X has failed.
 */
WAITS void hedge_request(struct exchange *x, struct server *s,
    struct pick *pick, struct reply *reply);

#endif
