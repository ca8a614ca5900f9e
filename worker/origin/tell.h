/*
 * tell.h - the pools and their servers, told to an operator.
 */
#ifndef WORKER_ORIGIN_TELL_H
#define WORKER_ORIGIN_TELL_H

#include "common/base/out.h"
#include "common/conf/conf.h"

/*
 * sluicectl pools.  WORDS: VHOST or VHOST/POOL, or nothing: all; then perhaps
 * a tab and "json".  What ANSWER has no room for is left out, and counted in
 * its end.  False: nothing is called so, ANSWER says so.  Never waits; not on
 * a fiber.
 */
bool tell_pools(const struct conf *conf, struct str words, struct out *answer);

#endif
