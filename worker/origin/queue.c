/*
 * queue.c - requests that wait until a server of their pool has room.
 *
 * Runs in workers.  Each has a list of its own waiters; how many there are is
 * counted per worker in the pool's row, so all know of all.
 *
 *	release -> lottery -> mine:   my first waiter gets the place
 *	                   -> other:  those who wait are woken, and look
 *
 * A place that comes free goes to a worker by the number of its waiters, drawn
 * by lot: else the worker that has all the places would feed its own for ever.
 * A worker that was woken may be dead or slow, so whoever passed a place on
 * looks again a moment later.
 *
 * Clients take turns.  A waiter has a number: one more than the last one that
 * was served, or than the last of the same client, whichever is more; lower
 * numbers go first.  Who has two hundred waiting is served once while all
 * others are served once, as if each client had a queue of its own.
 */
#include "worker/origin/queue.h"

#include <errno.h>

#include "common/base/insist.h"
#include "common/base/random.h"
#include "worker/fiber/wakeup.h"

#define MOMENT (10 * USEC_PER_MSEC)

struct waiter {
	struct list link; /* in pool->waiters, by number */
	struct str client;
	uint64_t number;
	struct pick *pick;
	struct server *server; /* what it got */
	struct cond got;
};

static struct list waiting_pools = {&waiting_pools, &waiting_pools};

static struct waiter *waiter_of(struct list *link)
{
	return container_of(link, struct waiter, link);
}

/* ---- the list ---- */

static void enlist(struct pool *p, struct waiter *w)
{
	struct list *before = p->waiters.prev;

	w->number = p->served + 1;
	LIST_FOREACH(at, &p->waiters)
		if (str_eq(waiter_of(at)->client, w->client) &&
		    waiter_of(at)->number >= w->number)
			w->number = waiter_of(at)->number + 1;
	while (before != &p->waiters && waiter_of(before)->number > w->number)
		before = before->prev;
	list_add_head(before, &w->link);
	if (list_empty(&p->waiting_link))
		list_add_tail(&waiting_pools, &p->waiting_link);
	health_hold(pool_row(p));
	wake_want(&pool_row(p)->pool.waiting);
}

static void delist(struct pool *p, struct waiter *w)
{
	list_del(&w->link);
	health_release(pool_row(p));
	if (!list_empty(&p->waiters))
		return;
	list_del(&p->waiting_link);
	timer_clear(&p->look_again);
	wake_unwant(&pool_row(p)->pool.waiting);
}

/* ---- places ---- */

/* Gives places to waiters as long as there are any. */
static void look(struct pool *p)
{
	LIST_FOREACH(at, &p->waiters) {
		struct waiter *w = waiter_of(at);

		w->server = balance_pick(p, w->pick);
		if (w->server == NULL && w->pick->wanted == 0)
			return;
		if (w->server == NULL)
			continue;
		p->served = w->number;
		delist(p, w);
		cond_signal(&w->got);
	}
}

static void look_again(struct timer *t)
{
	struct pool *p = container_of(t, struct pool, look_again);

	look(p);
	if (!list_empty(&p->waiters))
		timer_set(t, loop_now() + MOMENT);
}

static void on_wakeup(void)
{
	LIST_FOREACH(at, &waiting_pools)
		look(container_of(at, struct pool, waiting_link));
}

static unsigned waiters_here(struct pool *p)
{
	return atomic_load_explicit(health_mine(pool_row(p)),
	    memory_order_relaxed);
}

void queue_freed(struct pool *p)
{
	unsigned all = health_held(pool_row(p));

	if (all == 0)
		return;
	if (random_u64() % all < waiters_here(p))
		look(p);
	else
		wake_all(&pool_row(p)->pool.waiting);
}

/* ---- waiting ---- */

bool queue_is_waited(struct pool *p)
{
	return p->conf->has_max_conns && health_held(pool_row(p)) > 0;
}

static int wait(struct pool *p, struct waiter *w)
{
	int err;

	enlist(p, w);
	if (!timer_is_set(&p->look_again))
		timer_set(&p->look_again, loop_now() + MOMENT);
	err = cond_wait(&w->got, loop_now() + p->conf->queue.timeout);
	if (w->server == NULL)
		delist(p, w);
	if (err < 0 && w->server != NULL)
		server_release(w->server); /* it came too late */
	return err;
}

int queue_pick(struct pool *p, struct pick *pick, struct str client,
    struct server **server_r)
{
	struct waiter w = {.client = client, .pick = pick};
	bool line = queue_is_waited(p);
	int err;

	*server_r = line ? NULL : balance_pick(p, pick);
	if (*server_r != NULL)
		return 0;
	if (!line && !pick->full)
		return -ENOENT;
	if (pick->impatient || health_held(pool_row(p)) >= p->conf->queue.size)
		return -ENOBUFS;
	cond_init(&w.got);
	err = wait(p, &w);
	*server_r = err == 0 ? w.server : NULL;
	return err;
}

void queue_init(void)
{
	list_init(&waiting_pools);
	wakeup_on(on_wakeup);
}

void queue_init_pool(struct pool *p)
{
	list_init(&p->waiters);
	list_init(&p->waiting_link);
	timer_init(&p->look_again, look_again);
}
