/*
 * forward.h - what an origin is told of a request's way.
 */
#ifndef WORKER_PROXY_FORWARD_H
#define WORKER_PROXY_FORWARD_H

#include "worker/proxy/exchange.h"

/* The Host whatever the server; STR_NONE: that of the server. */
struct str forward_fixed_host(const struct exchange *x);

/* The Host for server S. */
struct str forward_host(const struct exchange *x, const struct conf_server *s);

/*
 * The field lines of our own, "Name: value" CR LF each, in the arena of X.
 * STR_NONE when it has no room for them.
 */
struct str forward_lines(struct exchange *x);

/* The same for who looks at connections, not at requests: the ends of X's
 * client's, as far as they are believed (proxy_protocol of a pool). */
void forward_ends(const struct exchange *x, struct proxy_header *ends_r);

#endif
