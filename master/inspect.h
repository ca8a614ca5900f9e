/*
 * inspect.h - what sluiced -t asks of the world about a configuration.
 *
 * Nothing is bound.  What is found are warnings: a port may be free and an
 * origin up by the time that the daemon starts.
 */
#ifndef MASTER_INSPECT_H
#define MASTER_INSPECT_H

#include "common/conf/report.h"

/* Addresses on which other programs listen. */
void inspect_ports(const struct conf *conf, struct conf_report *r);

/*
 * Servers that do not take a connection within the `connect` of their pool,
 * INSPECT_PATIENCE at most.  WAITS, for so long.
 */
#define INSPECT_PATIENCE (3 * USEC_PER_SEC)
void inspect_origins(const struct conf *conf, struct conf_report *r);

#endif
