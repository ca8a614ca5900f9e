/*
 * contexts.h - what this generation speaks TLS with: an SSL_CTX a vhost.
 */
#ifndef WORKER_CONTEXTS_H
#define WORKER_CONTEXTS_H

#include "common/conf/conf.h"

/* Makes all of CONF, and lets clients be greeted with them.  Behind pairs_init,
 * before "ready".  0, -ENOMEM, or -EINVAL, which was logged. */
int contexts_init(const struct conf *conf);

/* The pair NUMBER is another one now: those that have it are made anew.  False:
 * nothing has changed, and it was logged why. */
bool contexts_renew(unsigned number);

#endif
