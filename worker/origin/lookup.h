/*
 * lookup.h - names that are asked for once, by a fiber that waits.
 *
 * For what is seldom and has no pool; the names of servers are followed
 * (resolve.h).
 */
#ifndef WORKER_ORIGIN_LOOKUP_H
#define WORKER_ORIGIN_LOOKUP_H

#include "common/conf/conf.h"
#include "common/shm/names.h"
#include "worker/fiber/fiber.h"

/* Before the worker is ready, by whoever may look names up or follow them:
 * opens what that takes, once.  0 or -ENOMEM. */
int lookup_init(const struct conf *conf);
void lookup_free(void);

/*
 * Up to MAX addresses of NAME (1 to NAMES_LENGTH_MAX bytes), of the hosts file
 * or the name servers: how many; 0: there are none.  It takes DNS_PATIENCE at
 * most; a cancelled fiber waits for that, too.
 */
WAITS unsigned lookup(struct str name, struct ip *ips_r, unsigned max);

#endif
