/*
 * ask.h - asking the daemon.
 */
#ifndef MASTER_CTL_ASK_H
#define MASTER_CTL_ASK_H

#include <stdbool.h>

/* Exit codes of sluicectl. */
enum { ASK_DONE = 0, ASK_REFUSED = 1, ASK_USAGE = 2, ASK_NO_DAEMON = 3 };

/*
 * Sends VERB to the daemon that listens at PATH, and prints what it answers:
 * to stdout when it was done, else to stderr.  Waits for the answer as long
 * as it takes if PATIENT, else 10 s.  An exit code.
 */
int ask(const char *path, const char *verb, bool patient);

#endif
