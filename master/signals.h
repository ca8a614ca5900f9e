/*
 * signals.h - signals as events of the master's loop.
 */
#ifndef MASTER_SIGNALS_H
#define MASTER_SIGNALS_H

#include <sys/types.h>

/* One meaning of a signal; PID sent it (0: the kernel). */
struct signals_action {
	int signal;
	void (*act)(pid_t pid);
};

/*
 * Blocks everything but what reports a crash, for this process and all that
 * it forks.  Before anything else.
 */
void signals_block(void);

/*
 * From now on the actions of TABLE, which ends with signal 0 and stays the
 * caller's, are run by the loop.  0 or -errno.
 */
int signals_listen(const struct signals_action *table);

#endif
