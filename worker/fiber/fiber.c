/*
 * fiber.c - the life of a fiber: spawned, run, parked, woken, joined.
 *
 * Runs in workers.  One idea: there is one way to stop (leave) and one way
 * to go on (fiber_run_ready), and both pass through the loop's own stack, so
 * a fiber that has ended is cleaned up by somebody who does not stand on it.
 *
 *                         .---- fiber_yield -----.
 *                         v                      |
 *      pool -- start --> READY ---- turn ----> RUNNING
 *       ^      spawn      ^                    |    |
 *       |                 | fiber_wake:        |    | its function
 *       |                 | event, signal,     |    | returns
 *       |                 | timer, cancel      |    |
 *       |                 '------ PARKED <-----'    v
 *       '---- at once, or by the parent's join -- ENDED
 *
 * Invariants: a fiber is in the run queue if and only if it is READY, and is
 * woken only when PARKED, so it is there once, whatever happens in one turn.
 * Who wakes it takes it out of everything it waits in (condition, watch,
 * timer).  Of several things in one turn a wait reports cancellation first,
 * then the event, then the deadline: events are noted before timers fire,
 * and cancellation is looked at when the fiber goes on.
 *
 * The structures come from malloc in chunks, go round through the pool last-in
 * first-out, and are freed with the loop.
 */
#include "worker/fiber/fiber.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/shm/lock.h"
#include "worker/fiber/inside.h"
#include "worker/fiber/stack.h"
#include "worker/fiber/switch.h"

/* A fiber that has done so much without parking lets the others run. */
#define CHARGE_CALLS 16
#define CHARGE_BYTES ((size_t)256 * 1024)

/* The clock is read again after so many fibers in one turn. */
#define CLOCK_EVERY 64

#define CHUNK 64

static struct fiber *chunks[FIBER_MAX / CHUNK];
static unsigned chunk_count;
static unsigned alive;
static struct list pool = {&pool, &pool};
static struct list ready = {&ready, &ready};
static struct fiber *current;

/* The loop's own flow, while a fiber runs. */
static void *loop_flow;
static struct sanitize_flow loop_tools;

static bool refused; /* somebody, since the last call of on_room */
static void (*on_room)(void);

void fiber_close(void)
{
	INSIST(alive == 0 && current == NULL);
	list_init(&pool);
	while (chunk_count > 0)
		free(chunks[--chunk_count]);
	refused = false;
	on_room = NULL;
}

/* ---- from the loop to a fiber and back ---- */

/* The running fiber stops here; returns when it is run again. */
static void leave(struct fiber *self)
{
	INSIST(self == current);
	INSIST(lock_held() == 0);
	self->calls = 0;
	self->moved = 0;
	sanitize_leave(&self->tools, &loop_tools);
	switch_to(&self->flow, loop_flow);
	sanitize_arrive(&self->tools, &loop_tools);
}

/* The outermost function of each fiber. */
static void run_function(void)
{
	struct fiber *self = current;

	sanitize_arrive(&self->tools, &loop_tools);
	self->fn(self->arg);
	INSIST(self == current && self->children == 0 && self->shields == 0);
	INSIST(lock_held() == 0);
	self->state = FIBER_ENDED;
	sanitize_leave_for_good(&loop_tools);
	switch_to(&self->flow, loop_flow);
	abort(); /* nothing leads back */
}

static void give_stack(struct fiber *f)
{
#ifdef SLUICE_CENSUS
	census_note(f->name, stack_used(f->stack));
#endif
	stack_give(f->stack);
	f->stack = NULL;
}

static void give_stack_to(struct fiber *f)
{
	char *stack = stack_take();

	f->stack = stack;
	f->flow = switch_prepare(stack + STACK_SIZE, run_function);
	sanitize_begin(&f->tools, stack + stack_guard_size(),
	    STACK_SIZE - stack_guard_size());
}

static void release(struct fiber *f)
{
	INSIST(f->state == FIBER_ENDED && f->stack == NULL);
	INSIST(f->place == NULL && !timer_is_set(&f->timer));
	f->magic = 0;
	list_add_head(&pool, &f->link);
	alive--;
	if (refused && on_room != NULL) {
		refused = false;
		on_room();
	}
}

static void run(struct fiber *f)
{
	INSIST(f->state == FIBER_READY);
	if (f->stack == NULL)
		give_stack_to(f);
	f->state = FIBER_RUNNING;
	current = f;
	sanitize_leave(&loop_tools, &f->tools);
	switch_to(&loop_flow, f->flow);
	sanitize_arrive(&loop_tools, &f->tools);
	current = NULL;
	if (f->state != FIBER_ENDED)
		return;
	give_stack(f);
	if (f->parent == NULL)
		release(f);
	else if (f->parent->joining == f && f->parent->state == FIBER_PARKED)
		fiber_wake(f->parent, 0);
}

bool fiber_any_ready(void)
{
	return !list_empty(&ready);
}

void fiber_run_ready(void)
{
	struct list now;
	struct list *link;
	unsigned count = 0;

	INSIST(current == NULL);
	list_init(&now);
	list_move_all(&now, &ready);
	while ((link = list_pop(&now)) != NULL) {
		run(container_of(link, struct fiber, link));
		if (++count % CLOCK_EVERY == 0)
			loop_read_clock();
	}
}

/* ---- birth ---- */

static void timed_out(struct timer *t)
{
	fiber_wake(container_of(t, struct fiber, timer), -ETIMEDOUT);
}

/* More structures for the pool; false when there is no memory. */
static bool grow(void)
{
	struct fiber *chunk = calloc(CHUNK, sizeof(*chunk));

	if (chunk == NULL)
		return false;
	for (unsigned i = 0; i < CHUNK; i++) {
		timer_init(&chunk[i].timer, timed_out);
		list_add_tail(&pool, &chunk[i].link);
	}
	INSIST(chunk_count < FIBER_MAX / CHUNK);
	chunks[chunk_count++] = chunk;
	return true;
}

static bool has_room(void)
{
	return alive < FIBER_MAX && stack_reserve(alive + 1) &&
	    (!list_empty(&pool) || grow());
}

/*
 * What is not set here is zero, or the idle timer: a life leaves nothing
 * behind, which costs less than to wipe it.
 */
static struct fiber *make(const char *name, fiber_fn *fn, void *arg)
{
	struct fiber *f;

	INSIST(name != NULL && fn != NULL);
	if (!has_room()) {
		refused = true;
		return NULL;
	}
	alive++;
	f = container_of(list_pop(&pool), struct fiber, link);
	INSIST(f->magic == 0 && f->stack == NULL && f->children == 0);
	f->magic = FIBER_MAGIC;
	f->state = FIBER_READY;
	f->cancelled = false;
	f->calls = 0;
	f->moved = 0;
	f->parent = NULL;
	f->name = name;
	f->fn = fn;
	f->arg = arg;
	list_add_tail(&ready, &f->link);
	return f;
}

struct fiber *fiber_spawn(const char *name, fiber_fn *fn, void *arg)
{
	struct fiber *f;

	INSIST(current != NULL);
	f = make(name, fn, arg);
	if (f != NULL) {
		f->parent = current;
		current->children++;
	}
	return f;
}

bool fiber_start(const char *name, fiber_fn *fn, void *arg)
{
	return make(name, fn, arg) != NULL;
}

/* ---- waiting ---- */

int fiber_park(usec_t deadline)
{
	struct fiber *self = current;

	INSIST_MAGIC(self, FIBER_MAGIC);
	self->state = FIBER_PARKED;
	if (deadline != DEADLINE_NEVER)
		timer_set(&self->timer, deadline);
	leave(self);
	return fiber_is_cancelled() ? -ECANCELED : self->result;
}

void fiber_wake(struct fiber *f, int result)
{
	INSIST_MAGIC(f, FIBER_MAGIC);
	INSIST(f->state == FIBER_PARKED);
	f->state = FIBER_READY;
	f->result = result;
	list_del(&f->link);
	if (timer_is_set(&f->timer))
		timer_clear(&f->timer);
	if (f->place != NULL) {
		*f->place = NULL;
		f->place = NULL;
	}
	list_add_tail(&ready, &f->link);
}

int fiber_yield(void)
{
	struct fiber *self = current;

	INSIST_MAGIC(self, FIBER_MAGIC);
	if (fiber_is_cancelled())
		return -ECANCELED;
	self->state = FIBER_READY;
	list_add_tail(&ready, &self->link);
	leave(self);
	return fiber_is_cancelled() ? -ECANCELED : 0;
}

int fiber_sleep_until(usec_t deadline)
{
	return fiber_is_cancelled() ? -ECANCELED : fiber_park(deadline);
}

int fiber_charge(size_t bytes)
{
	struct fiber *self = current;

	INSIST_MAGIC(self, FIBER_MAGIC);
	self->moved += bytes;
	if (++self->calls >= CHARGE_CALLS || self->moved >= CHARGE_BYTES)
		return fiber_yield();
	return fiber_is_cancelled() ? -ECANCELED : 0;
}

/* A cancelled parent goes round once more: it cancels, then waits again. */
void fiber_join(struct fiber **f)
{
	struct fiber *child = *f;
	struct fiber *self = current;

	if (child == NULL)
		return;
	INSIST_MAGIC(child, FIBER_MAGIC);
	INSIST_MAGIC(self, FIBER_MAGIC);
	INSIST(child->parent == self);
	self->joining = child;
	while (child->state != FIBER_ENDED) {
		if (fiber_is_cancelled())
			fiber_cancel(child);
		(void)fiber_park(DEADLINE_NEVER);
	}
	self->joining = NULL;
	self->children--;
	*f = NULL;
	release(child);
}

/* ---- cancellation ---- */

void fiber_cancel(struct fiber *f)
{
	INSIST_MAGIC(f, FIBER_MAGIC);
	if (f->cancelled)
		return;
	f->cancelled = true;
	if (f->state == FIBER_PARKED && f->shields == 0)
		fiber_wake(f, -ECANCELED);
}

bool fiber_is_cancelled(void)
{
	INSIST_MAGIC(current, FIBER_MAGIC);
	return current->cancelled && current->shields == 0;
}

void fiber_shield(void)
{
	INSIST_MAGIC(current, FIBER_MAGIC);
	INSIST(current->shields < UINT8_MAX);
	current->shields++;
}

void fiber_unshield(void)
{
	INSIST_MAGIC(current, FIBER_MAGIC);
	INSIST(current->shields > 0);
	current->shields--;
}

/* ---- questions ---- */

struct fiber *fiber_self(void)
{
	return current;
}

const char *fiber_name(const struct fiber *f)
{
	INSIST_MAGIC(f, FIBER_MAGIC);
	return f->name;
}

unsigned fiber_count(void)
{
	return alive;
}

void fiber_on_room(void (*fn)(void))
{
	on_room = fn;
}
