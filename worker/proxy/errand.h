/*
 * errand.h - an exchange of our own, which no client waits for.
 *
 * What the cache fetches goes to an origin the way that all requests go, with
 * failover, hedging, queue and breaker; so it is a struct exchange.  It has a
 * fiber of its own and a client that has no connection, and nothing of it lies
 * in the memory of the exchange that it was made for: that may end before.
 *
 *	HEAD block:  | struct errand: exchange, client | arena: the request,
 *	                                                 what is told of it |
 */
#ifndef WORKER_PROXY_ERRAND_H
#define WORKER_PROXY_ERRAND_H

#include "worker/proxy/exchange.h"

/*
 * A copy of what OF asks, with everything that its origin is told of its
 * client (relay_lines) settled now, and behind that LINES, field lines with
 * their CR LF.  Its fields may be dropped before it is sent.  NULL: there is no
 * memory for it, or too many run; OF goes on as if nothing was.
 */
struct exchange *errand_make(struct exchange *of, struct str lines);

/* The last N bytes of that are not told any more. */
void errand_say_less(struct exchange *x, size_t n);

/* HEAR(ARG, ...) is told the interim replies that come for X, of HEAD_LEN bytes;
 * without it they are lost. */
typedef void errand_hear(void *arg, const struct message *head,
    size_t head_len);
void errand_listen(struct exchange *x, errand_hear *hear, void *arg);
void errand_tell_interim(struct exchange *x, const struct message *head,
    size_t head_len);

/* It runs on the calling fiber from here to there: what a drain cancels. */
void errand_begin(struct exchange *x);
void errand_end(struct exchange *x);

/* The field lines of ours for its origin: what relay_lines gives of it. */
struct str errand_told(struct exchange *x);

/* Its server, attempts and times are those of OF, which waited for it. */
void errand_tell(const struct exchange *x, struct exchange *of);

/* Nothing of it is used any more. */
void errand_free(struct exchange **x);

/* Those that are made and not freed. */
unsigned errands_open(void);

/* Cancels those that run: their time is over. */
void errands_cancel(void);

#endif
