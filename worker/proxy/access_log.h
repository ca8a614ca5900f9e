/*
 * access_log.h - one line for each exchange.
 *
 * Lines are put together in a buffer and written at the end of the turn in
 * one write(2), whole lines only: other workers append to the same file.
 */
#ifndef WORKER_PROXY_ACCESS_LOG_H
#define WORKER_PROXY_ACCESS_LOG_H

#include "worker/proxy/exchange.h"

/* Writes to FD, which stays the caller's, from now on. */
void access_log_open(int fd);

/* Appends the line of X, which has ended. */
void access_log_write(const struct exchange *x);

/* Writes what was appended; an end-of-turn hook. */
void access_log_flush(void);

#endif
