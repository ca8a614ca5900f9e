/*
 * race.c - two connections are begun, the first that is there is taken.
 *
 * Runs on the fiber of who wants a connection, and on two of its children for
 * as long as both are under way: each waits for one connection, and tells the
 * parent how it ended.  That is dear, and rare: an address that answers does so
 * long before the head start is over.
 */
#include "worker/origin/race.h"

#include <errno.h>

#include "common/base/insist.h"

struct leg {
	struct conn *conn;
	usec_t deadline;
	struct cond *ended;
	struct fiber *fiber;
	bool over;
	int result;
};

static void run_leg(void *arg)
{
	struct leg *leg = arg;

	leg->result = conn_await(leg->conn, leg->deadline);
	leg->over = true;
	cond_signal(leg->ended);
}

/* Until one is there, or both have failed. */
static int wait_for(struct leg legs[2])
{
	int err = 0;

	while (err == 0) {
		if (legs[0].over && legs[0].result == 0)
			return 0;
		if (legs[1].over && legs[1].result == 0)
			return 1;
		if (legs[0].over && legs[1].over)
			return legs[0].result;
		err = cond_wait(legs[0].ended, DEADLINE_NEVER);
	}
	return err;
}

static int run(struct leg legs[2])
{
	int winner;

	for (int i = 0; i < 2; i++)
		legs[i].fiber = fiber_spawn("connect", run_leg, &legs[i]);
	if (legs[0].fiber == NULL || legs[1].fiber == NULL)
		winner = -ENOMEM;
	else
		winner = wait_for(legs);
	for (int i = 0; i < 2; i++) {
		if (legs[i].fiber != NULL && !legs[i].over)
			fiber_cancel(legs[i].fiber);
		fiber_join(&legs[i].fiber);
		if (winner != i)
			conn_close(legs[i].conn);
	}
	return winner;
}

/* The second has begun and ended in one, with ERR: it is there, or the first
 * runs alone. */
static int settle(struct conn *first, int err, usec_t deadline)
{
	if (err == 0) {
		conn_close(first);
		return 1;
	}
	err = conn_await(first, deadline);
	if (err < 0)
		conn_close(first);
	return err;
}

int race_run(struct conn *first, struct conn *second,
    const struct conf_address *address, usec_t deadline)
{
	struct cond ended;
	struct leg legs[2] = {
	    {.conn = first, .deadline = deadline, .ended = &ended},
	    {.conn = second, .deadline = deadline, .ended = &ended},
	};
	int err = conn_begin(second, (const struct sockaddr *)&address->addr,
	    address->len, deadline);

	cond_init(&ended);
	if (err != -EINPROGRESS)
		return settle(first, err, deadline);
	return run(legs);
}
