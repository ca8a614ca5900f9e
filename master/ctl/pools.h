/*
 * pools.h - sluicectl pools: the servers of pools, and how they are.
 */
#ifndef MASTER_CTL_POOLS_H
#define MASTER_CTL_POOLS_H

#include "master/ctl/ask.h"

/*
 * ARGV: "pools", perhaps VHOST or VHOST/POOL, and --watch.  Asks as HOW says,
 * but for its line; an exit code of ask.h.
 */
int ctl_pools(const struct ask *how, int argc, char **argv);

#endif
