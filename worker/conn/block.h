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

/* All BODY blocks together take at most BUDGET bytes: the setting memory. */
void block_init(size_t budget);
void block_free_all(void);

/* A HEAD block, contents undefined; NULL when the machine is out of memory. */
void *block_take_head(void);
void block_give_head(void *block);

/*
 * A BODY block.  Waits while the budget is spent, however long: nothing that
 * has begun is refused for want of memory.  0, -ECANCELED, or -ENOMEM.
 */
WAITS int block_take_body(void **block_r);
void block_give_body(void *block);

/*
 * A BODY block that may be kept while waiting for others: those kept are a
 * quarter of the budget at most, so somebody who waits for none always goes
 * on.  NULL: there is none to be kept now.
 */
void *block_take_kept(void);
void block_give_kept(void *block);

/* Is nearly all of the budget spent?  All of it, or somebody waits? */
bool block_is_scarce(void);
bool block_is_spent(void);

/*
 * Calls FN for each block that is given back after block_is_spent was true,
 * until it says false; in the loop or on the fiber that gave it.  FN may start
 * fibers, and must neither wait nor take a block.
 */
void block_on_room(void (*fn)(void));

/* BODY blocks held now. */
unsigned block_bodies_held(void);

#endif
