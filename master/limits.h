/*
 * limits.h - how many descriptors a process may have.
 */
#ifndef MASTER_LIMITS_H
#define MASTER_LIMITS_H

/* Raises the soft limit to the hard one, for us and all that we fork, and
 * logs what that means.  Once. */
void limits_raise(void);

/* The soft limit that is in force. */
unsigned limits_nofile(void);

#endif
