/*
 * cache_tally.h - what the cache did, counted: in all, and for each vhost.
 */
#ifndef WORKER_PROXY_CACHE_TALLY_H
#define WORKER_PROXY_CACHE_TALLY_H

#include "worker/proxy/exchange.h"

/* Finds the rows of all vhosts of CONF that have a cache; once a process.
 * 0 or -ENOMEM. */
int cache_tally_init(const struct conf *conf);

/* One exchange more, which has ended, and for which the cache did something. */
void cache_tally(const struct exchange *x);

/* So many exchanges of V had that USE, since the first worker that knows V
 * began; 0 where there is no cache. */
uint64_t cache_tally_of(const struct conf_vhost *v, enum cache_use use);

/* "hit" */
struct str cache_use_name(enum cache_use use);

/* Has V a cache, at least for some of its routes? */
bool cache_tally_has(const struct conf_vhost *v);

#endif
