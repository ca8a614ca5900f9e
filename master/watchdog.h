/*
 * watchdog.h - ending workers that hang.
 */
#ifndef MASTER_WATCHDOG_H
#define MASTER_WATCHDOG_H

#include <stdbool.h>

#include "common/base/clock.h"

/* Begins to watch all children, for ever. */
void watchdog_start(void);

/*
 * Has a worker been silent for longer than PATIENCE?  STAMP is what it wrote
 * into its seat, and may be anything; before FLOOR nobody is blamed.
 */
bool watchdog_is_late(usec_t stamp, usec_t floor, usec_t now,
    usec_t patience);

#endif
