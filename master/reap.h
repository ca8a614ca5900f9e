/*
 * reap.h - what has ended, and how.
 */
#ifndef MASTER_REAP_H
#define MASTER_REAP_H

/* Collects all dead children, logs how they ended, tells who cares. */
void reap_all(void);

#endif
