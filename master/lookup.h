/*
 * lookup.h - addresses of a name, for who may wait: sluiced -t.
 *
 * Workers resolve names by themselves (worker/origin/members.h); this asks the
 * same name servers, once.
 */
#ifndef MASTER_LOOKUP_H
#define MASTER_LOOKUP_H

#include "common/conf/conf.h"

#define LOOKUP_MAX 16

struct lookup {
	unsigned count;
	struct sockaddr_storage at[LOOKUP_MAX];
	const char *why_none; /* if COUNT is 0 */
};

/* Fills in *l_r for S, which has a name.  WAITS, for seconds. */
void lookup_server(const struct conf *conf, const struct conf_server *s,
    struct lookup *l_r);

#endif
