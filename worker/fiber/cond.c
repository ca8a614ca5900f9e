/*
 * cond.c - conditions: fibers that wait until another one says so.
 *
 * Runs in workers.  A condition is nothing but a list of parked fibers in the
 * order in which they came.  Who is woken is out of the list before it runs
 * and never looks at the condition again, so the waker may free it at once.
 */
#include <errno.h>

#include "common/base/insist.h"
#include "worker/fiber/fiber.h"
#include "worker/fiber/inside.h"

void cond_init(struct cond *c)
{
	list_init(&c->waiters);
}

int cond_wait(struct cond *c, usec_t deadline)
{
	struct fiber *self = fiber_self();

	INSIST_MAGIC(self, FIBER_MAGIC);
	if (fiber_is_cancelled())
		return -ECANCELED;
	list_add_tail(&c->waiters, &self->link);
	return fiber_park(deadline);
}

void cond_signal(struct cond *c)
{
	if (!list_empty(&c->waiters))
		fiber_wake(container_of(c->waiters.next, struct fiber, link),
		    0);
}

/* Ends, because nobody waits again before this returns. */
void cond_broadcast(struct cond *c)
{
	while (!list_empty(&c->waiters))
		cond_signal(c);
}
