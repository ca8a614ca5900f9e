/*
 * dns.h - questions to name servers: c-ares on the loop.
 *
 * Names of addresses are looked for with the search domains of resolv.conf;
 * one with a dot at its end, and those of services, are whole as they are.
 * Nothing here waits, or opens a path but for dns_init.
 */
#ifndef WORKER_ORIGIN_DNS_H
#define WORKER_ORIGIN_DNS_H

#include "common/conf/conf.h"
#include "common/shm/names.h"

/* Before the worker is ready: reads resolv.conf; conf->resolvers are asked
 * instead of its name servers.  0 or -ENOMEM. */
int dns_init(const struct conf *conf);

/* No question is answered any more. */
void dns_free(void);

/* OUTCOME lasts until it returns. */
typedef void dns_done(void *arg, const struct names_outcome *outcome);

/* Asks for NAME; DONE is called once, perhaps before this returns, with ARG. */
void dns_ask(enum names_type type, struct str name, dns_done *done, void *arg);

/* How long an answer may take, at most, unless all is lost. */
#define DNS_PATIENCE (10 * USEC_PER_SEC)

#endif
