/*
 * control.h - the control socket, where sluicectl asks.
 *
 * A client sends one line, a verb, and gets one line, how that went, then
 * text until the end:
 *
 *   > status\n
 *   < done\n            or  refused\n  or  usage\n
 *   < generation  3\n ...
 *
 * Behind a tab there may be words: a question for route, and "json" for what
 * has more to tell than messages.
 */
#ifndef MASTER_CONTROL_H
#define MASTER_CONTROL_H

#include <stdbool.h>

#include "common/base/out.h"
#include "common/conf/conf.h"

/*
 * Listens as CONF says, or not at all.  0, or -1 with the reason added to
 * WHY.
 */
int control_open(const struct conf *conf, struct out *why);

/* Removes the socket. */
void control_close(void);

/* Round ROUND of reloading is over: whoever waits for it is answered. */
void control_reloaded(unsigned round, bool ok, struct str text);

/* The question TICKET is answered. */
void control_answered(unsigned ticket, bool ok, struct str text);

/* A rotation is over. */
void control_reopened(bool ok, const char *text);

#endif
