/*
 * ours.h - a reply that no origin made.
 */
#ifndef WORKER_PROXY_OURS_H
#define WORKER_PROXY_OURS_H

#include "worker/proxy/reply.h"

/*
 * REPLY becomes ours: the status, type and extra fields (at most
 * REPLY_EXTRA_MAX) of WHAT, with REPLY's pieces of body behind the head.  The
 * rest of WHAT is filled in here.  What headers.response sets or removes of
 * these is left to it.  Whatever the client still sends of its body is passed
 * by.  When the exchange fails over it (it may have failed before) REPLY stays
 * as it was.
 */
void ours_make(struct exchange *x, const struct h1_simple *what,
    struct reply *reply);

#endif
