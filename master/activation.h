/*
 * activation.h - listening sockets that were handed to us: sd_listen_fds(3).
 *
 * They stay whose they were: we accept from them, and neither close them nor
 * shut them down, so that what queues while no daemon runs is not lost.
 */
#ifndef MASTER_ACTIVATION_H
#define MASTER_ACTIVATION_H

#include "common/base/out.h"
#include "common/conf/conf.h"
#include "worker/worker.h"

/*
 * Takes what LISTEN_FDS says, if LISTEN_PID means us: before any fork.  0, or
 * -1 with the reason added to WHY.
 */
int activation_take(struct out *why);

/* The socket that was handed over for ADDRESS, non-blocking; -1: none. */
int activation_find(const struct conf_address *address);

/* Warns of those for which CONF has no address. */
void activation_warn_unused(const struct conf *conf);

/* In a forked child: closes those that are not in VIEW. */
void activation_forget_others(const struct worker_listener *view,
    unsigned count);

#endif
