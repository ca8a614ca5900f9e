/*
 * log_line.h - one exchange as a line of text.
 */
#ifndef WORKER_PROXY_LOG_LINE_H
#define WORKER_PROXY_LOG_LINE_H

#include "worker/proxy/exchange.h"

/* What stands behind a value that was cut. */
#define LOG_LINE_CUT "..."

/*
 * Appends the line of X, which has ended, as LOG wants it, with its end.  Of a
 * value that a peer sent at most TEXT_MAX bytes are taken.
 */
void log_line_write(struct out *o, const struct exchange *x,
    const struct conf_log *log, size_t text_max);

#endif
