/*
 * caching_status.h - what the cache did, told to the client.
 */
#ifndef WORKER_PROXY_CACHING_STATUS_H
#define WORKER_PROXY_CACHING_STATUS_H

#include "worker/proxy/caching.h"

/* Adds Cache-Status to REPLY, which is not one of ours, if the cache of X, which
 * has a caching, is to tell. */
void caching_status(struct exchange *x, struct reply *reply);

#endif
