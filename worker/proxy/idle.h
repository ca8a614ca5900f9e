/*
 * idle.h - parked clients, until their patience is over.
 */
#ifndef WORKER_PROXY_IDLE_H
#define WORKER_PROXY_IDLE_H

#include "worker/proxy/client.h"

/* For every timeouts.idle of CONF.  0 or -ENOMEM. */
int idle_init(const struct conf *conf);

/* FN may take its client out of here, but no other. */
void idle_for_each(void (*fn)(struct client *c));

/* C is parked from now on, and closed after PATIENCE, which is one of those of
 * the configuration, unless its link is taken away before. */
void idle_add(struct client *c, usec_t patience);

/* The one that is parked for the longest time, or NULL. */
struct client *idle_longest(void);

#endif
