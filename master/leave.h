/*
 * leave.h - closing addresses that left the configuration.
 *
 * Closing a listening socket resets what is queued on it.  So those who
 * served it first accept until nothing is queued and say so ("left"); then
 * the master shuts it for all processes at once.
 */
#ifndef MASTER_LEAVE_H
#define MASTER_LEAVE_H

#include "master/child.h"

/*
 * Closes what is leaving as soon as all who owe a "left" have said so, and
 * then calls DONE (NULL: nobody).  If that was under way already, only the
 * new DONE is called.
 */
void leave_begin(void (*done)(void));

/* C, who owed it, has said it. */
void leave_heard(struct child *c);

/* Somebody ended: looks again. */
void leave_look(void);

#endif
