/*
 * drain.c - how a worker comes to its end.
 *
 * One timer that looks every TICK while the worker is ending: whose deadline
 * has come is cancelled (again and again: a fiber may have started since), and
 * when no client is left, and no fetch of the cache, the loop stops.  Cancelled exchanges unwind by
 * themselves, their clients see what was decided for each.
 */
#include "worker/drain.h"

#include <stdbool.h>

#include "worker/fiber/loop.h"
#include "worker/origin/checks.h"
#include "worker/proxy/accept.h"
#include "worker/proxy/client.h"
#include "worker/proxy/errand.h"
#include "worker/slots.h"

#define TICK (10 * USEC_PER_MSEC)

static void (*tell_left)(void);
static struct timer tick;
static bool ending;
static bool left;
static usec_t exchanges_until;
static usec_t tunnels_until;

/* The acceptors take what is queued before they end. */
static bool is_leaving(void)
{
	if (accept_running() > 0)
		return true;
	if (!left)
		tell_left();
	left = true;
	return false;
}

static void look(struct timer *t)
{
	bool leaving = is_leaving();

	if (loop_now() >= exchanges_until) {
		clients_close_idle();
		clients_cancel_exchanges();
		errands_cancel();
	}
	if (loop_now() >= tunnels_until)
		clients_cancel_tunnels();
	if (!leaving && clients_open() == 0 && errands_open() == 0)
		loop_stop();
	else
		timer_set(t, loop_now() + TICK);
}

void drain_init(void (*left_fn)(void))
{
	tell_left = left_fn;
	timer_init(&tick, look);
}

/* Called again, it can only bring the deadlines nearer. */
void drain_begin(usec_t exchanges, usec_t tunnels)
{
	if (!ending || exchanges < exchanges_until)
		exchanges_until = exchanges;
	if (!ending || tunnels < tunnels_until)
		tunnels_until = tunnels;
	ending = true;
	checks_stop();
	clients_drain();
	slots_leave_all();
	timer_set(&tick, loop_now());
}

void drain_stop(usec_t deadline)
{
	drain_begin(deadline, deadline);
	clients_close_idle();
}

void drain_end_tunnels(void)
{
	drain_begin(exchanges_until, loop_now());
}
