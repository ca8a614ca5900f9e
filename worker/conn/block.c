/*
 * block.c - pooled memory for bytes in flight.
 *
 * Two free lists whose links live in the free blocks themselves.  Each keeps
 * a few blocks for the next turn and gives the rest back to malloc, so that a
 * burst does not stay resident for ever.
 *
 * Nobody waits for a BODY block while holding one, but for those that are kept,
 * which are a quarter of them at most: so spending the budget delays exchanges
 * but can't lock them up.  (An exchange whose head outgrew
 * its HEAD block holds malloc'ed memory of its own: see conn.h.)
 */
#include "worker/conn/block.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "worker/fiber/sanitize.h"

#define HEADS_KEPT 512
#define BODIES_KEPT 32

struct free_block {
	struct free_block *next;
};

struct free_list {
	struct free_block *first;
	unsigned kept;
	unsigned keep_at_most;
	size_t size;
};

static struct free_list heads = {
    .keep_at_most = HEADS_KEPT, .size = BLOCK_HEAD_SIZE};
static struct free_list bodies = {
    .keep_at_most = BODIES_KEPT, .size = BLOCK_BODY_SIZE};
static unsigned bodies_held;
static unsigned bodies_max;
static unsigned bodies_kept;
static struct cond body_room;
static bool said_spent; /* when somebody asked last */
static void (*on_room)(void);

static void *take(struct free_list *l)
{
	struct free_block *block = l->first;

	if (block == NULL)
		return malloc(l->size);
	l->first = block->next;
	l->kept--;
	sanitize_show(block, l->size);
	return block;
}

static void give(struct free_list *l, void *p)
{
	struct free_block *block = p;

	INSIST(p != NULL);
	if (l->kept == l->keep_at_most) {
		free(p);
		return;
	}
	block->next = l->first;
	l->first = block;
	l->kept++;
	sanitize_hide(block + 1, l->size - sizeof(*block));
}

static void empty(struct free_list *l)
{
	while (l->first != NULL) {
		struct free_block *block = l->first;

		l->first = block->next;
		free(block);
	}
	l->kept = 0;
}

void block_init(size_t budget)
{
	bodies_max = (unsigned)(budget / BLOCK_BODY_SIZE);
	INSIST(bodies_max > 0);
	cond_init(&body_room);
	said_spent = false;
	on_room = NULL;
}

void block_free_all(void)
{
	INSIST(bodies_held == 0);
	empty(&heads);
	empty(&bodies);
}

void *block_take_head(void)
{
	return take(&heads);
}

void block_give_head(void *block)
{
	give(&heads, block);
}

/* Who came first has its turn first: nobody overtakes those who wait. */
int block_take_body(void **block_r)
{
	bool first = false;

	while (unlikely(bodies_held >= bodies_max ||
	    (!first && !list_empty(&body_room.waiters)))) {
		int err = cond_wait(&body_room, DEADLINE_NEVER);

		if (err < 0) {
			cond_signal(&body_room); /* ours may have been lost */
			return err;
		}
		first = true;
	}
	*block_r = take(&bodies);
	if (*block_r == NULL)
		return -ENOMEM;
	bodies_held++;
	return 0;
}

void block_give_body(void *block)
{
	INSIST(bodies_held > 0);
	bodies_held--;
	give(&bodies, block);
	if (unlikely(!list_empty(&body_room.waiters)))
		cond_signal(&body_room);
	if (unlikely(said_spent) && on_room != NULL)
		on_room();
}

void *block_take_kept(void)
{
	void *block;

	if (bodies_kept >= bodies_max / 4 || bodies_held >= bodies_max ||
	    !list_empty(&body_room.waiters))
		return NULL;
	block = take(&bodies);
	if (block == NULL)
		return NULL;
	bodies_held++;
	bodies_kept++;
	return block;
}

void block_give_kept(void *block)
{
	INSIST(bodies_kept > 0);
	bodies_kept--;
	block_give_body(block);
}

bool block_is_scarce(void)
{
	return bodies_held >= bodies_max / 8 * 7;
}

bool block_is_spent(void)
{
	said_spent =
	    bodies_held >= bodies_max || !list_empty(&body_room.waiters);
	return said_spent;
}

void block_on_room(void (*fn)(void))
{
	on_room = fn;
}

unsigned block_bodies_held(void)
{
	return bodies_held;
}
