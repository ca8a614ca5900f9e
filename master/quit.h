/*
 * quit.h - the end of the daemon.
 */
#ifndef MASTER_QUIT_H
#define MASTER_QUIT_H

#include "common/base/clock.h"

/* What exchanges get at a stop. */
#define QUIT_STOP_PATIENCE (1 * USEC_PER_SEC)

/*
 * Accepting ends; exchanges get QUIT_STOP_PATIENCE; then the loop ends.
 * Asked for a second time, nobody gets anything.
 */
void quit_stop(void);

/* Accepting ends; exchanges get the drain time; then the loop ends. */
void quit_drain(void);

/* "stopping", "draining", or NULL. */
const char *quit_state(void);

/* Some process ended: when the last one has, the loop is stopped. */
void quit_look(void);

#endif
