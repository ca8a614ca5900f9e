/*
 * limits.h - how much and how long: what the settings allow an exchange.
 *
 * Most limits are looked at where they are met: the head's in the parser, the
 * body's where it is read, patience where somebody waits.  Here is what
 * belongs to none of these.
 */
#ifndef WORKER_PROXY_LIMITS_H
#define WORKER_PROXY_LIMITS_H

#include "worker/proxy/exchange.h"

/* Once a process. */
void limits_init(const struct conf *conf);

/*
 * The route is known, and with it what holds for the request: until now only
 * the most that its address grants was asked for.  True, or false after
 * exchange_fail; the body has its pace then.
 */
bool limits_allow(struct exchange *x);

/* From here to there the exchange is cancelled at timeouts.total of its pool,
 * wherever it waits, if there is such a limit.  False after exchange_fail. */
bool limits_begin_total(struct exchange *x);
void limits_end_total(struct exchange *x);

/* The setting that X, which has ended, ran into, and its value, good until the
 * next call: "limits.body:10m", "pools.web.timeouts.connect:3s".  STR_NONE:
 * into none. */
struct str limits_text(const struct exchange *x);

#endif
