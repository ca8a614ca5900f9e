/*
 * asked.h - a worker answers what an operator asks: common/ipc/question.h.
 */
#ifndef WORKER_ASKED_H
#define WORKER_ASKED_H

#include <stdint.h>

#include "worker/worker.h"

/*
 * The question VALUE in the memfd FD, which is closed: writes the answer and
 * tells the master of it.  Not on a fiber; never waits.
 */
void asked(const struct worker_start *self, int64_t value, int fd);

#endif
