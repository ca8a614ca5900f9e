/*
 * route_lint.h - what is odd among the routes of a vhost.
 */
#ifndef COMMON_CONF_ROUTE_LINT_H
#define COMMON_CONF_ROUTE_LINT_H

#include "common/conf/build.h"

/* Does A, which is asked before B, take everything that B would? */
bool conf_route_takes_all(const struct conf_route *a,
    const struct conf_route *b);

/* Warns if ROUTE, of V, written at SPOT, can never match. */
void conf_route_check_reachable(struct conf_build *b,
    const struct conf_vhost *v, const struct conf_route *route,
    const struct conf_spot *spot);

/* Refuses ROUTE, written at SPOT, if its path is one that is refused in a
 * vhost with other routes. */
void conf_route_check_path(struct conf_build *b, const struct conf_route *route,
    const struct conf_spot *spot);

/* Warns if ROUTE redirects to itself; the ways of V are built. */
void conf_route_check_loop(struct conf_build *b, const struct conf_vhost *v,
    const struct conf_route *route, const struct conf_spot *spot);

#endif
