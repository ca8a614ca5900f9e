/*
 * exchange_stream.h - the body of a request that comes on a stream of HTTP/2:
 * what exchange_body.c calls where the wire is one.
 */
#ifndef WORKER_PROXY_EXCHANGE_STREAM_H
#define WORKER_PROXY_EXCHANGE_STREAM_H

#include "worker/proxy/exchange.h"

/* As exchange_body_is_held, exchange_has_body_bytes, exchange_hold_body. */
bool exchange_stream_is_held(const struct exchange *x, struct str *body_r);
bool exchange_stream_has_bytes(const struct exchange *x);
WAITS int exchange_stream_hold(struct exchange *x);

/* As exchange_read_body, without a block: the piece is good until the next
 * call. */
WAITS int exchange_stream_read(struct exchange *x, struct str *piece_r);

/* As exchange_take_body. */
WAITS int exchange_stream_take(struct exchange *x, char *p, size_t n,
    size_t *got_r);

#endif
