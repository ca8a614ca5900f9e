/*
 * trial.h - loading a configuration in a process that may die of it.
 */
#ifndef MASTER_TRIAL_H
#define MASTER_TRIAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/conf/conf.h"

/*
 * Forks a process that loads REQUEST, and calls DONE when it has ended: was
 * the configuration good, and what was said about it (valid during the call).
 * One at a time.  -errno if nothing could be forked: then DONE is not called.
 */
int trial_start(const struct conf_request *request,
    void (*done)(bool good, struct str messages));

/* Was PID, which ended with STATUS, the trial?  Then it is over. */
bool trial_ended(pid_t pid, int status);

/* Ends it; DONE will not be called. */
void trial_abandon(void);

#endif
