/*
 * split_cookie.h - the cookie by which a split knows its visitors.
 */
#ifndef WORKER_PROXY_SPLIT_COOKIE_H
#define WORKER_PROXY_SPLIT_COOKIE_H

#include "worker/proxy/exchange.h"

/* What it says. */
struct split_cookie {
	struct str id;		     /* STR_NONE: there is none of ours */
	const struct conf_arm *held; /* a tester's, or NULL */
};

/* The one of S that X has brought. */
struct split_cookie split_cookie_read(const struct exchange *x,
    const struct conf_split *s);

/* One for a new visitor.  False after exchange_fail. */
bool split_cookie_make(struct exchange *x, struct split_cookie *v_r);

/* The reply to X sets V, behind what x->cookies has already.  False after
 * exchange_fail. */
bool split_cookie_set(struct exchange *x, const struct conf_split *s,
    const struct split_cookie *v);

#endif
