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

/* A server as X knows it, which it does for as long as it lasts; S itself may be
 * gone before. */
struct chosen {
	const struct conf_server *conf;
	uint64_t id;
	struct str address;
};

struct chosen choose_describe(struct exchange *x, const struct server *s);
struct chosen choose_describe_taken(struct exchange *x);
void choose_take_again(struct exchange *x, const struct chosen *chosen);

/* Another one, not tried so far, without waiting and without overtaking those
 * who do; that it is tried the caller says.  NULL: there is none. */
struct server *choose_another(struct exchange *x, struct pick *pick);

#endif
