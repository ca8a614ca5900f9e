/*
 * block.h - pooled memory for bytes in flight.
 *
 * Two sizes.  A HEAD block holds what one exchange needs from its first byte
 * to its log line.  A BODY block is held only while bytes move through it; all
 * of them come out of one budget per worker, so that many windows can't add
 * up.  Recycled last-in first-out: in the usual case every exchange moves its
 * bytes through the same block, which is hot in the cache.
 */
#ifndef WORKER_CONN_BLOCK_H
#define WORKER_CONN_BLOCK_H

#include "worker/fiber/fiber.h"

#define BLOCK_HEAD_SIZE ((size_t)16 * 1024)
#define BLOCK_BODY_SIZE ((size_t)64 * 1024)

/* The budget for BODY blocks: the default of the setting `memory`. */
#define BLOCK_BUDGET ((size_t)256 * 1024 * 1024)

void block_init(void);
void block_free_all(void);

/* A HEAD block, contents undefined; NULL when the machine is out of memory. */
void *block_take_head(void);
void block_give_head(void *block);

/*
 * A BODY block.  Waits until DEADLINE while the budget is spent: 0,
 * -ETIMEDOUT, -ECANCELED, or -ENOMEM.
 */
WAITS int block_take_body(void **block_r, usec_t deadline);
void block_give_body(void *block);

/* Is nearly all of the budget spent? */
bool block_is_scarce(void);

/* BODY blocks held now. */
unsigned block_bodies_held(void);

#endif
