/*
 * loop.c - the turns of a worker, and its clock.
 *
 * Runs in workers.  A turn in five steps: wait, note the events, fire the
 * timers, run the fibers that are ready, run the hooks.  The wait is skipped
 * over (epoll is still asked) when fibers became ready in the turn before.
 *
 * The clock is read when the events are there: all that a turn does happens
 * "now", and loop_now costs a load.  Long runs of fibers refresh it.
 */
#include "worker/fiber/loop.h"

#include <limits.h>

#include "common/base/insist.h"
#include "worker/fiber/inside.h"
#include "worker/fiber/stack.h"

#define HOOK_MAX 8
#define LONGEST_WAIT (2500 * USEC_PER_MSEC)
#define TRIM_EVERY USEC_PER_SEC

static usec_t now;
static usec_t longest = LONGEST_WAIT;
static usec_t next_trim;
static bool stopping;
static unsigned hook_count;
static void (*hooks[HOOK_MAX])(void);

int loop_init(void)
{
	int error;

	loop_read_clock();
	longest = LONGEST_WAIT;
	next_trim = now + TRIM_EVERY;
	stopping = false;
	hook_count = 0;
	timer_open(now);
	error = watch_open();
	if (error == 0)
		error = stack_init();
	if (error != 0)
		loop_free();
	return error;
}

void loop_free(void)
{
	fiber_close();
	stack_free_all();
	watch_close();
}

void loop_read_clock(void)
{
	now = clock_mono();
}

usec_t loop_now(void)
{
	return now;
}

void loop_set_longest_wait(usec_t wait)
{
	INSIST(wait > 0 && wait < INT_MAX);
	longest = wait;
}

void loop_at_end_of_turn(void (*fn)(void))
{
	INSIST(fn != NULL && hook_count < HOOK_MAX);
	hooks[hook_count++] = fn;
}

/* Milliseconds for epoll, rounded up: a timer must be due afterwards. */
static int wait_time(usec_t at_most)
{
	usec_t wait = at_most < longest ? at_most : longest;
	usec_t timers;

	if (wait <= 0 || fiber_any_ready())
		return 0;
	loop_read_clock();
	timers = timer_distance(now);
	if (timers < wait)
		wait = timers;
	return (int)((wait + USEC_PER_MSEC - 1) / USEC_PER_MSEC);
}

void loop_turn(usec_t longest_wait)
{
	INSIST(fiber_self() == NULL);
	watch_collect(wait_time(longest_wait));
	loop_read_clock();
	watch_note();
	timer_fire_due(now);
	fiber_run_ready();
	for (unsigned i = 0; i < hook_count; i++)
		hooks[i]();
	if (now >= next_trim) {
		stack_trim();
		next_trim = now + TRIM_EVERY;
	}
}

void loop_run(void)
{
	while (!stopping)
		loop_turn(longest);
	stopping = false;
}

void loop_stop(void)
{
	stopping = true;
}
