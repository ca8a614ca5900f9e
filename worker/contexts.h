/*
 * contexts.h - what this generation speaks TLS with: an SSL_CTX a vhost.
 */
#ifndef WORKER_CONTEXTS_H
#define WORKER_CONTEXTS_H

#include "common/conf/conf.h"

/* Makes all of CONF, and lets clients be greeted with them.  Before "ready".
 * 0, -ENOMEM, or -EINVAL, which was logged. */
int contexts_init(const struct conf *conf);

#endif
