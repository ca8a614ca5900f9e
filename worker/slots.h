/*
 * slots.h - which listening sockets this worker accepts on.
 *
 * The master says so slot by slot: its own, and those of slots that have no
 * ready worker just now.  Sockets that all workers share (unix, or handed to
 * us) are accepted on from the first slot that is served to the last call.
 */
#ifndef WORKER_SLOTS_H
#define WORKER_SLOTS_H

#include "worker/worker.h"

/* LISTENERS stay the caller's.  0 or -ENOMEM. */
int slots_init(const struct worker_listener *listeners, unsigned count);

/* Begins or ends to accept on the sockets of SLOT; twice is once. */
void slots_serve(unsigned slot);
void slots_leave(unsigned slot);
void slots_leave_all(void);

/* Ends the listeners that are ours for good, in every process: the master is
 * gone. */
void slots_shut(void);

#endif
