/*
 * cache.h - sluicectl cache: what is in the cache, and what is to go.
 */
#ifndef MASTER_CTL_CACHE_H
#define MASTER_CTL_CACHE_H

#include "master/ctl/ask.h"

/* ARGV[0] is the verb; behind it are a verb of its own, and words.  An exit
 * code. */
int ctl_cache(const struct ask *how, int argc, char **argv);

#endif
