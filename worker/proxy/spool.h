/*
 * spool.h - the body of a request, as far as we keep it.
 *
 * Before a server is chosen some of the body is read, by the setting
 * buffering.request: so an upload that trickles in occupies nobody, and what
 * is kept as a whole can be sent again to another server.
 *
 *   kept (behind the head in the client's   | not read yet: the client
 *   window, in one BODY block, or in a file)|
 *   0                                   kept size
 */
#ifndef WORKER_PROXY_SPOOL_H
#define WORKER_PROXY_SPOOL_H

#include "worker/proxy/exchange.h"

/*
 * Reads of X's body what is to be read before a server is chosen.  True, or
 * false after exchange_fail.
 */
WAITS bool spool_gather(struct exchange *x);

/* Is the whole body kept, so that it can be sent more than once? */
bool spool_is_whole(const struct exchange *x);

/* Is it in memory, as a whole, and needs no chunks?  Then true, and it. */
bool spool_in_memory(const struct exchange *x, struct str *body_r);

/* The same, however it came framed: BODY is what it holds. */
bool spool_holds(const struct exchange *x, struct str *body_r);

/* Bytes of it that are kept. */
uint64_t spool_size(const struct exchange *x);

/*
 * The next piece of the body behind *AT bytes, which moves on: what is kept,
 * then what the client sends, which comes once.  Otherwise as
 * exchange_read_body.
 */
WAITS int spool_read(struct exchange *x, uint64_t *at, void **block_r,
    struct str *piece_r);

/* It will not be sent again: what is kept is given back.  Nobody may be
 * reading. */
void spool_free(struct exchange *x);

#endif
