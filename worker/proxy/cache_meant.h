/*
 * cache_meant.h - which objects of the cache an operator means.
 */
#ifndef WORKER_PROXY_CACHE_MEANT_H
#define WORKER_PROXY_CACHE_MEANT_H

#include "common/base/out.h"
#include "common/conf/conf.h"
#include "common/shm/cache_match.h"

/*
 * Reads two of WORDS, which move behind them: "all", "url", "prefix", "host"
 * or "tag", and a text.  URLs are written as keys have them: what the client's
 * URL would be, without what the vhost of CONF ignores of the query.  The text
 * of *MATCH_R lies in MEMORY.  False: WHY says why not.  Does not wait.
 */
bool cache_meant(const struct conf *conf, struct str *words,
    struct out *memory, struct cache_match *match_r, struct out *why);

/* The URL in the text of a key. */
struct str cache_url_of(struct str key);

#endif
