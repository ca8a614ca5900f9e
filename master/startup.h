/*
 * startup.h - becoming a daemon, and telling who waits for it.
 */
#ifndef MASTER_STARTUP_H
#define MASTER_STARTUP_H

#include "common/base/str.h"

/*
 * Makes descriptors 0, 1 and 2 exist, so that nothing we open is taken for
 * one of them.  First of all.
 */
void startup_hold_stdio(void);

/*
 * Goes to the background: returns in the daemon only.  The process that was
 * called waits, and exits with the status that startup_done gives, or 1 when
 * the daemon dies before.  stderr stays what it was until then, so messages
 * of the start are seen.
 */
void startup_detach(void);

/* Tells who waits, if anybody does, how the start ended. */
void startup_done(int status);

/*
 * Says on stderr what keeps us from starting, and in the error log too when
 * that is another file.  TEXT may be several lines.
 */
void startup_complain(struct str text);

/* stdin, stdout and stderr to /dev/null, if we went to the background. */
void startup_leave_terminal(void);

/* In a forked child: lets go of who waits. */
void startup_forget(void);

#endif
