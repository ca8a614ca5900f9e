/*
 * split.h - which arm of each split a visitor has.
 */
#ifndef WORKER_PROXY_SPLIT_H
#define WORKER_PROXY_SPLIT_H

#include "worker/proxy/exchange.h"

/* How a visitor came by an arm. */
enum split_why {
	SPLIT_KEPT,	/* it follows from what the visitor is known by */
	SPLIT_NEW,	/* the same, known from now on by a new cookie */
	SPLIT_BY_IP,	/* by the address, for want of the key */
	SPLIT_FORCED,
	SPLIT_HELD,	/* the cookie holds what was forced before */
	SPLIT_INSTEAD	/* if_down */
};

struct split_choice {
	const struct conf_arm *arm;
	enum split_why why;
};

/*
 * Chooses an arm of each split of X's route: x->choices, and the pool if one of
 * them has arms with pools.  What the client is to keep goes to x->cookies.
 * False after exchange_fail.
 */
bool split_choose(struct exchange *x);

/*
 * The pool of X's arm could not be reached: true, and X goes to that of if_down
 * instead, from the beginning.  False: there is none, or something was sent
 * already.
 */
bool split_instead(struct exchange *x);

/* One request more for the arms that X has. */
void split_count(const struct exchange *x);

/* The arm of S that a visitor known by KEY has. */
const struct conf_arm *split_pick(const struct conf_split *s, struct str key);

/* The arm that X has of the split NAME, or NULL. */
const struct conf_arm *split_arm(const struct exchange *x, struct str name);

/* "new-checkout:beta,banner:red", or STR_NONE; may be overwritten by the next
 * call. */
struct str split_text(const struct exchange *x);

#endif
