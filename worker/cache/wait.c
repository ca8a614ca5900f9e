/*
 * wait.c - waiting until something changes in the store of the cache.
 *
 * Runs in workers: fibers wait, and are woken in the loop (by other processes)
 * or by a fiber of this one.  A table by what they wait for, so that a fetch
 * that grows wakes its own readers only:
 *
 *	ids[hash % SLOTS] -> waiter -> waiter      each on its fiber's stack,
 *	                                           with a condition of its own
 *
 * A wake-up of another process says nothing but that it happened, so all are
 * asked then whether it may have been for them.
 */
#include "worker/cache/wait.h"

#include "worker/fiber/wakeup.h"

#define SLOTS 256 /* a power of two */

struct waiter {
	struct list link;
	struct hash_id id;
	bool (*is_due)(void *arg);
	void *arg;
	struct cond woken;
};

static struct list slots[SLOTS];

static struct list *slot_of(struct hash_id id)
{
	return &slots[id.word[0] & (SLOTS - 1)];
}

static struct waiter *waiter_of(struct list *link)
{
	return container_of(link, struct waiter, link);
}

void wait_tell_all(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		LIST_FOREACH(link, &slots[i]) {
			struct waiter *w = waiter_of(link);

			if (w->is_due == NULL || w->is_due(w->arg))
				cond_signal(&w->woken);
		}
}

void wait_init(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		list_init(&slots[i]);
	wakeup_on(wait_tell_all);
}

void wait_tell(struct hash_id id)
{
	LIST_FOREACH(link, slot_of(id)) {
		struct waiter *w = waiter_of(link);

		if (hash_id_eq(w->id, id))
			cond_signal(&w->woken);
	}
}

int wait_change(struct hash_id id, bool (*is_due)(void *arg), void *arg,
    usec_t deadline)
{
	struct waiter w = {.id = id, .is_due = is_due, .arg = arg};
	int err;

	cond_init(&w.woken);
	list_add_tail(slot_of(id), &w.link);
	err = cond_wait(&w.woken, deadline);
	list_del(&w.link);
	return err;
}
