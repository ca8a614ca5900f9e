/*
 * notify.h - telling the service manager how we are: sd_notify(3).
 *
 * Each is harmless when nobody has asked to be told.
 */
#ifndef MASTER_NOTIFY_H
#define MASTER_NOTIFY_H

#include "common/base/clock.h"

/* Begins to feed the manager's watchdog, if it has one for us. */
void notify_begin(void);

/* The start, or a reload, is over: STATUS is a line for people. */
void notify_ready(const char *status);
void notify_reloading(void);

/* Before the start, and when nothing else is left to be done: the cache is read
 * or written, which takes AT_MOST, and nobody is answered meanwhile. */
void notify_loading(usec_t at_most);
void notify_saving(usec_t at_most);

/* The end: a stop lasts a second, and draining as long as it takes. */
void notify_stopping(void);
void notify_draining(void);

#endif
