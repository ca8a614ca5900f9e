/*
 * chunk.h - the chunked coding, for body.c only.
 */
#ifndef WORKER_HTTP_CHUNK_H
#define WORKER_HTTP_CHUNK_H

#include "worker/http/body.h"

void chunk_begin(struct body *b);

/* As body_decode; B->done becomes true with the last LF.  Does not count. */
enum fault chunk_decode(struct body *b, char *p, size_t n, size_t *payload_r,
    size_t *used_r);

#endif
