/*
 * logs.h - the log files: who has which, under what id.
 *
 * A log file has a daemon-wide id by its path, from its first use until the
 * daemon ends, whatever configurations come and go.  The master opens; the
 * workers inherit, and get a new descriptor when files are reopened.
 */
#ifndef MASTER_LOGS_H
#define MASTER_LOGS_H

#include <stdbool.h>

#include "common/base/out.h"

/*
 * The id of the log at PATH ("-": stderr), opened if it is not.  -1 with the
 * reason added to WHY when it can't be.
 */
int logs_open(const char *path, struct out *why);

/* Its descriptor, which may become another file but keeps its number. */
int logs_fd(int id);

/*
 * Opens each log that IN_USE says yes to by its path again, under the same
 * number: what was written to a renamed file goes to a new one.  The others
 * are closed until they are asked for again.  False when one could not be
 * opened: it stays what it was, and that is logged.
 */
bool logs_reopen(bool (*in_use)(int id));

/* In a forked child: closes all but the two that it writes. */
void logs_forget_others(int id1, int id2);

#endif
