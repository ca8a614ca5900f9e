/*
 * explain_splits.h - which arms of its splits a request has, and why.
 */
#ifndef WORKER_PROXY_EXPLAIN_SPLITS_H
#define WORKER_PROXY_EXPLAIN_SPLITS_H

#include "worker/proxy/exchange.h"

/* Appends a line for each split of X, whose arms were chosen, to ANSWER. */
void explain_splits(const struct exchange *x, struct out *answer);

#endif
