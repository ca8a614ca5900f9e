/*
 * listen.h - the listening sockets, which outlive generations and workers.
 *
 * The master has one SO_REUSEPORT socket per TCP address and slot, or one
 * shared socket per unix address.  They are kept as long as the address is in
 * the configuration, whatever happens to slots and workers, so that no accept
 * queue ever loses its last reference.
 *
 * A reload changes them in two steps: listen_prepare binds what is missing;
 * then either listen_rollback undoes that, or listen_start and listen_commit
 * make it so.  Only listen_start makes new sockets accept connections: by
 * then there are workers to serve them.
 */
#ifndef MASTER_LISTEN_H
#define MASTER_LISTEN_H

#include "common/base/out.h"
#include "common/conf/conf.h"
#include "worker/worker.h"

/* Workers, and so slots, that can be asked for. */
#define LISTEN_SLOTS_MAX 40

/*
 * Binds what CONF needs and we have not: all of it, or nothing and -1 with
 * the reasons added to WHY.
 */
int listen_prepare(const struct conf *conf, struct out *why);

/*
 * Fills VIEW, conf->listener_count long, with the sockets of each address;
 * they stay valid until a commit without that address.
 */
void listen_view(const struct conf *conf, struct worker_listener *view);

/* Closes what listen_prepare bound. */
void listen_rollback(void);

/* Lets new sockets listen.  0, or -1 with the reason: then roll back. */
int listen_start(struct out *why);

/* What was prepared is in force; what was and is not wanted is leaving. */
void listen_commit(void);

/* Shuts and closes what is leaving: in every process at once. */
void listen_end_leaving(void);

/* In a forked child: closes the sockets that are not in VIEW. */
void listen_forget_others(const struct worker_listener *view, unsigned count);

#endif
