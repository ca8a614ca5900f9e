/*
 * route.h - sluicectl route: what would become of a request?
 */
#ifndef MASTER_CTL_ROUTE_H
#define MASTER_CTL_ROUTE_H

#include "master/ctl/ask.h"

/*
 * ARGV: "route", URL, and options -H 'Name: value', -X METHOD, --from ADDRESS
 * before or behind it.  Asks as HOW says, but for its line; an exit code of ask.h.
 */
int ctl_route(const struct ask *how, int argc, char **argv);

/* The same for another VERB that is asked about a request. */
int ctl_route_ask(const struct ask *how, const char *verb, int argc,
    char **argv);

#endif
