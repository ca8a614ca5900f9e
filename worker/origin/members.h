/*
 * members.h - servers that come and go with the addresses of their names.
 *
 * A server of the configuration that has a name stands for as many servers of
 * its pool as the name has addresses (resolve.max of the pool at most); one of
 * a service (SRV) for those of all hosts that offer it, with their ports and
 * weights, the nearest priority first.
 */
#ifndef WORKER_ORIGIN_MEMBERS_H
#define WORKER_ORIGIN_MEMBERS_H

#include "worker/origin/pool.h"

/*
 * Once, behind pools_init and before the worker is ready: opens what names are
 * resolved with, and begins with it.  Without a name it does nothing.  0 or
 * -ENOMEM.
 */
int members_init(const struct conf *conf);

void members_free(void);

/* Is known of each name what it is, or that nobody says? */
bool members_are_settled(void);

/* Why S, which has a name, stands for no server now; "" if it does for some. */
const char *members_why_none(const struct conf_server *s);

/* "10.0.0.1:80, 10.0.0.2:80", or "none: no such name". */
void members_write(const struct conf_server *s, struct out *o);

#endif
