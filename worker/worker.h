/*
 * worker.h - the worker as the master sees it: its entry functions.
 *
 * The master forks, closes in the child what is its own (signalfd, control
 * socket, pid file, other channels), and calls worker_main, which never
 * returns.  Signals are blocked at that moment and stay so.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stdbool.h>

#include "common/conf/conf.h"
#include "common/shm/segment.h"

/* A log file, known by its daemon-wide id; the channel swaps descriptors. */
struct worker_log {
	int id;
	int fd;
};

/*
 * The sockets of one address, in the order of conf->listeners.  TCP: one
 * SO_REUSEPORT socket per slot, served when the master says so (message
 * serve, leave); orphaned slots (above the number of workers) included.
 * SHARED (unix and socket-activated): FDS[0] alone, served by every worker
 * that serves anything, with EPOLLEXCLUSIVE.  HANDED: it belongs to a service
 * manager, who goes on listening when we have ended.  All are non-blocking.
 */
struct worker_listener {
	const struct conf_listener *conf;
	bool shared;
	bool handed;
	unsigned fd_count;
	const int *fds;
};

struct worker_start {
	const struct conf *conf;
	unsigned generation;
	unsigned slot;
	int seat;
	int channel; /* this worker's end */
	const struct worker_log *logs; /* in the order of conf->log_files */
	unsigned listener_count;
	const struct worker_listener *listeners;
	unsigned nofile; /* soft RLIMIT_NOFILE, already raised */
	const struct segment *segment; /* entered by the worker */
	const char *pseudonym; /* what Via calls us: one for the daemon */
	struct hash_key key; /* that only this daemon knows */
	const int *pairs; /* certificates that were renewed since CONF was read:
			     memfds by number, or -1 */
};

/*
 * Takes the seat, drops privileges (conf->uid, conf->gid; read back), loads
 * what it needs, says "ready" on the channel and serves until it is told to
 * end or the channel closes.  Exit status 0 when it ended as told.
 */
_Noreturn void worker_main(const struct worker_start *start);

#endif
