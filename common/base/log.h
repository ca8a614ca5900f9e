/*
 * log.h - the error log: what the operator is told while the daemon runs.
 *
 * One line a call, written at once:
 *
 *   2026-11-21T03:16:45.123Z warning worker 1[812]: text
 *
 * or, to a syslog daemon, which has the date and the number itself:
 *
 *   <28>sluiced[812]: warning worker 1: text
 *
 * Control characters in the text become "?", so nothing that a peer sent
 * can forge a line.  A line that does not fit is cut.  Writing never fails
 * visibly, and never waits: what could not be written at once is counted
 * (log_dropped).
 */
#ifndef COMMON_BASE_LOG_H
#define COMMON_BASE_LOG_H

#include <stdint.h>

#include "common/base/sink.h"

enum log_level {
	LEVEL_ERROR,
	LEVEL_WARNING,
	LEVEL_INFO,
	LEVEL_DEBUG,
	LEVEL_END
};

/* "warning" */
const char *log_level_name(enum log_level level);

/* Lines above LEVEL are not written; LEVEL_INFO at start. */
void log_set_level(enum log_level level);

/* Who speaks: "master", "worker 1". Kept by pointer. */
void log_set_name(const char *name);

/*
 * Where lines go; the descriptor, and the path of a syslog daemon, stay the
 * caller's.  To a syslog daemon they go with FACILITY.  STDERR at start.
 */
void log_set_sink(struct sink sink, unsigned facility);
void log_set_fd(int fd);
int log_fd(void);

/* The descriptor has become another file. */
void log_renew(void);

/* Lines that could not be written since the start. */
uint64_t log_dropped(void);

void log_line(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LEVEL_DEBUG, __VA_ARGS__)

#endif
