/*
 * surrogate.h - speaking Surrogate-Control with origins.
 */
#ifndef WORKER_PROXY_SURROGATE_H
#define WORKER_PROXY_SURROGATE_H

#include "worker/proxy/exchange.h"

/* What origins are told if Surrogate-Control is one of cache.targets: a field
 * line with its CR LF; else "". */
struct str surrogate_line(const struct exchange *x);

/* Marks what was for us alone as dropped in HEAD, which goes to a client. */
void surrogate_hide(const struct exchange *x, struct message *head);

#endif
