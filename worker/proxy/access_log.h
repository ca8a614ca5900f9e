/*
 * access_log.h - a line for each exchange, in one of several files.
 *
 * Lines are put together in a buffer and written at the end of the turn,
 * with one write(2) for each file, whole lines only: other workers append to
 * the same files.
 */
#ifndef WORKER_PROXY_ACCESS_LOG_H
#define WORKER_PROXY_ACCESS_LOG_H

#include "worker/proxy/exchange.h"

/* From now on, in the log files of CONF; each gets its descriptor next. */
void access_log_open(const struct conf *conf);

/* conf->log_files[FILE] is FD, which stays the caller's, or has become another
 * file.  Nothing is buffered for it: see access_log_flush. */
void access_log_set_fd(unsigned file, int fd);

/* Appends the line of X, which has ended, if its log is to have one. */
void access_log_write(const struct exchange *x);

/* Writes what was appended; an end-of-turn hook. */
void access_log_flush(void);

#endif
