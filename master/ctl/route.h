/*
 * route.h - sluicectl route: what would become of a request?
 */
#ifndef MASTER_CTL_ROUTE_H
#define MASTER_CTL_ROUTE_H

/*
 * ARGV: "route", URL, and options -H 'Name: value', -X METHOD, --from ADDRESS
 * before or behind it.  Asks the daemon at PATH; an exit code of ask.h.
 */
int ctl_route(const char *path, int argc, char **argv);

#endif
