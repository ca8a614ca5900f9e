/*
 * expand.h - what a template says of a request.
 */
#ifndef WORKER_PROXY_EXPAND_H
#define WORKER_PROXY_EXPAND_H

#include "worker/proxy/exchange.h"

/* At most so long; what would be longer fails. */
#define EXPAND_MAX ((size_t)32 * 1024)

/*
 * T for the request of X; C (or NULL) is what its ${1} are.  In the arena of
 * X, or in T itself.  STR_NONE after exchange_fail.
 */
struct str expand(struct exchange *x, const struct conf_template *t,
    const struct conf_captures *c, enum conf_fill fill);

/* Appends T, as plain text, to O; that it is not too long is the caller's to
 * see to. */
void expand_text(const struct exchange *x, const struct conf_template *t,
    struct out *o);

#endif
