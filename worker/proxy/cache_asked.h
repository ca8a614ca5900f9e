/*
 * cache_asked.h - what an operator asks of the cache, and wants of it: the
 * verbs of sluicectl cache.
 *
 * WORDS have tabs between them, and end with "json" if the answer is to be
 * that.  False: it is refused, and ANSWER says why.
 */
#ifndef WORKER_PROXY_CACHE_ASKED_H
#define WORKER_PROXY_CACHE_ASKED_H

#include "common/base/out.h"
#include "common/conf/conf.h"
#include "worker/fiber/fiber.h"

/* How full it is, and how often it had what vhosts were asked for.  WORDS: the
 * name of a vhost, or none. */
bool cache_asked_status(const struct conf *conf, struct str words,
    struct out *answer);

/*
 * What is in it.  WORDS: what is meant ("all", "url", "prefix", "host" or
 * "tag"), its text, and how many at most.
 */
WAITS bool cache_asked_list(const struct conf *conf, struct str words,
    struct out *answer);

/* What is to go.  WORDS: as above, then "soft" or "hard". */
WAITS bool cache_asked_purge(const struct conf *conf, struct str words,
    struct out *answer);

#endif
