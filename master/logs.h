/*
 * logs.h - the log files: who has which, under what id.
 *
 * A log file has a daemon-wide id by its path, from its first use until the
 * daemon ends, whatever configurations come and go.  The master opens; the
 * workers inherit, and get a new descriptor when files are reopened.  A syslog
 * daemon is a file here: a socket that is connected to it.
 */
#ifndef MASTER_LOGS_H
#define MASTER_LOGS_H

#include <stdbool.h>

#include "common/base/out.h"
#include "common/conf/conf.h"

/*
 * The id of FILE, opened if it is not.  -1 with the reason added to WHY when
 * it can't be; a syslog daemon that is away may come back, and is no reason.
 */
int logs_open(const struct conf_log_file *file, struct out *why);

/* Its descriptor, which may become another file but keeps its number. */
int logs_fd(int id);

/*
 * Opens each log that IN_USE says yes to by its path again, under the same
 * number: what was written to a renamed file goes to a new one.  The others
 * are closed until they are asked for again.  False when one could not be
 * opened: it stays what it was, and that is logged.
 */
bool logs_reopen(bool (*in_use)(int id));

/* In a forked child: closes all but the COUNT logs of IDS, which it writes. */
void logs_forget_others(const int *ids, unsigned count);

/* This process's error log is the log ID from now on, as ERROR_LOG says. */
void logs_set_errors(int id, const struct conf_error_log *error_log);

#endif
