/*
 * choose.h - which server an exchange goes to.
 */
#ifndef WORKER_PROXY_CHOOSE_H
#define WORKER_PROXY_CHOOSE_H

#include "worker/origin/balance.h"
#include "worker/proxy/exchange.h"

/* What X says of its server goes to PICK.  False after exchange_fail. */
bool choose_begin(struct exchange *x, struct pick *pick);

/* Is X's pool open?  False after exchange_fail.  choose_leave ends it. */
bool choose_enter(struct exchange *x);
void choose_leave(struct exchange *x);

/*
 * A server of X's pool, reserved; waits in the queue when none has room.  It
 * counts as tried from now on.  NULL after exchange_fail.
 */
WAITS struct server *choose_server(struct exchange *x, struct pick *pick);

/* X goes to S now: for the log, and for what clients are not to see of it. */
void choose_took(struct exchange *x, const struct server *s);

#endif
