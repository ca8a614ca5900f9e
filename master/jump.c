/*
 * jump.c - telling of a wall clock that jumps.
 *
 * Runs in the master.  Nothing here goes by the wall clock but the times in
 * the logs and the field Date: deadlines are of CLOCK_MONOTONIC.  But whoever
 * reads the logs afterwards wants to know why an hour is missing in them, or
 * comes twice.  So once a second the distance of the two clocks is compared
 * with what it was; what is corrected slowly stays below what is told.
 */
#include "master/jump.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "master/events.h"

#define EVERY USEC_PER_SEC
#define TOLD USEC_PER_SEC

static void look(struct events_timer *t);

static struct events_timer timer = {
    .fire = look, .link = {&timer.link, &timer.link}};
static usec_t distance; /* of the wall clock from the other */

static usec_t measure(void)
{
	return clock_wall() - clock_mono();
}

static void look(struct events_timer *t)
{
	usec_t jump = measure() - distance;
	usec_t half = jump < 0 ? -USEC_PER_SEC / 2 : USEC_PER_SEC / 2;

	if (llabs(jump) >= TOLD)
		log_warning("the clock was set, or the machine slept: it has "
			    "jumped by %+lld s, deadlines have not",
		    (long long)((jump + half) / USEC_PER_SEC));
	distance += jump;
	events_timer_set(t, EVERY);
}

void jump_start(void)
{
	distance = measure();
	events_timer_set(&timer, EVERY);
}
