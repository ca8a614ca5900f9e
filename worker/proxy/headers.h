/*
 * headers.h - the fields that the operator sets, adds and removes.
 */
#ifndef WORKER_PROXY_HEADERS_H
#define WORKER_PROXY_HEADERS_H

#include "worker/proxy/exchange.h"

/*
 * What headers.request says, on the way to an origin: marks received fields as
 * dropped, also those with "_" for "-" in their names, takes what is replaced
 * out of *LINES (our own field lines, each with its CR LF, in the arena of X),
 * and puts what is set and added behind them.  False after exchange_fail.
 */
bool headers_for_origin(struct exchange *x, struct str *lines);

/* The same marks, and nothing else: what of X's request no origin sees. */
void headers_hide_from_origin(struct exchange *x);

/*
 * Does headers.response leave a field NAME of our own alone?  False: it is set
 * or removed, and ours is not to be written.
 */
bool headers_leave(const struct exchange *x, struct str name);

/* Marks what headers.response sets or removes as dropped: in a message of an
 * origin that nothing is added to, an interim reply or trailer fields. */
void headers_hide(const struct exchange *x, struct message *m);

/*
 * What headers.response says, on the way to the client: marks fields of HEAD
 * (NULL: the reply is our own) as dropped; *LINES_R is what to write.  False
 * after exchange_fail.
 */
bool headers_for_client(struct exchange *x, struct message *head,
    struct str *lines_r);

#endif
