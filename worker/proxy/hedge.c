/*
 * hedge.c - a second server is asked when the first one is slow.
 *
 * Runs on the exchange's fiber, which waits, and on one more for each of the
 * two requests.  Both are tries that are apart: whoever has a head first wins
 * and becomes the exchange's, the other is cancelled, its connection closed
 * and its place at its server given back.  Only what has no body and does
 * nothing is sent so: GET and HEAD.
 *
 *	exchange   start first --- wait --> start second --- wait --> take one
 *	first           connect, send, wait for a head ............ | cancelled
 *	second                                connect, send, a head |
 *
 * What both use of the exchange is its request, which does not change, and its
 * arena, in which nothing is taken back until both have ended.
 */
#include "worker/proxy/hedge.h"

#include <errno.h>

#include "common/base/insist.h"
#include "common/shm/seat.h"
#include "worker/origin/pool.h"
#include "worker/proxy/choose.h"
#include "worker/proxy/failover.h"
#include "worker/proxy/relay.h"

#define TRIES 2

struct hedge {
	struct exchange *x;
	struct cond ended; /* a try has */
	struct hedge_try {
		struct hedge *hedge;
		struct server *server;
		struct chosen chosen;
		struct fiber *fiber;
		struct reply reply;
		struct apart apart;
		bool runs;
		bool has_reply;
	} at[TRIES];
	struct hedge_try *winner;
};

static void run_try(void *arg)
{
	struct hedge_try *t = arg;

	t->has_reply = relay_request_apart(t->hedge->x, t->server, &t->reply,
	    &t->apart) == 0;
	t->runs = false;
	if (t->has_reply && t->hedge->winner == NULL)
		t->hedge->winner = t;
	cond_signal(&t->hedge->ended);
}

static bool start_try(struct hedge *h, unsigned i, struct server *server)
{
	struct hedge_try *t = &h->at[i];

	t->hedge = h;
	t->server = server;
	t->chosen = choose_describe(h->x, server);
	t->runs = true;
	t->fiber = fiber_spawn("hedge", run_try, t);
	t->runs = t->fiber != NULL;
	return t->runs;
}

/* Until one has won, or none is left: 0; or what cond_wait says. */
static int await(struct hedge *h, usec_t deadline)
{
	int err = 0;

	while (err == 0 && h->winner == NULL &&
	    (h->at[0].runs || h->at[1].runs))
		err = cond_wait(&h->ended, deadline);
	return err;
}

static void start_second(struct hedge *h, struct pick *pick)
{
	struct exchange *x = h->x;
	struct server *server = choose_another(x, pick);

	if (server == NULL)
		return;
	if (!failover_afford(x) || !start_try(h, 1, server)) {
		server_release(server);
		return;
	}
	balance_tried(pick, server);
	count(hedges);
	x->attempts++;
}

/* Ends all that still run; what they brought too late is nobody's. */
static void end_losers(struct hedge *h)
{
	for (unsigned i = 0; i < TRIES; i++) {
		struct hedge_try *t = &h->at[i];

		if (t->runs)
			fiber_cancel(t->fiber);
		fiber_join(&t->fiber);
		if (t->has_reply && t != h->winner)
			relay_give_up(&t->reply);
	}
}

/* The first that was asked is the exchange's server when both failed. */
static void tell_failed(struct hedge *h)
{
	struct exchange *x = h->x;
	const struct hedge_try *first = &h->at[0], *second = &h->at[1];

	if (second->server != NULL)
		failover_note(x, &second->chosen, second->apart.end, 0);
	x->connected = first->apart.connected;
	x->first_byte = first->apart.first_byte;
	x->fault = first->apart.fault;
	exchange_fail(x, first->apart.end);
}

static void tell_won(struct hedge *h, struct reply *reply)
{
	const struct hedge_try *loser = &h->at[h->winner == &h->at[0]];
	struct exchange *x = h->x;

	if (loser->server != NULL)
		failover_note(x, &loser->chosen,
		    loser->apart.end == END_stopped ? END_NONE
						    : loser->apart.end, 0);
	if (h->winner == &h->at[1])
		count(hedge_wins);
	choose_took(x, h->winner->apart.server);
	x->first_byte = h->winner->apart.first_byte;
	*reply = h->winner->reply;
}

/* What a client has at the server it stays with nobody else has: who does not
 * know it would be the faster one. */
static bool is_at_home(const struct exchange *x, const struct pick *pick)
{
	return pick->wanted != 0 && x->server_id == pick->wanted;
}

static bool is_hedged(const struct exchange *x, const struct pick *pick)
{
	return x->pool->hedge > 0 && (x->request.method == METHOD_GET ||
	    x->request.method == METHOD_HEAD) &&
	    !body_expected(&x->request.framing) &&
	    x->request.upgrade.n == 0 && x->probe == 0 &&
	    !is_at_home(x, pick) && fiber_count() < FIBER_MAX / 2;
}

static void race(struct hedge *h, struct pick *pick, struct reply *reply)
{
	struct exchange *x = h->x;
	int err = await(h, loop_now() + x->pool->hedge);

	if (err == -ETIMEDOUT) {
		start_second(h, pick);
		err = await(h, DEADLINE_NEVER);
	}
	end_losers(h);
	if (err == -ECANCELED && h->winner != NULL) {
		relay_give_up(&h->winner->reply);
		h->winner = NULL;
	}
	if (h->winner != NULL)
		tell_won(h, reply);
	else if (err == -ECANCELED)
		exchange_fail_client(x, err, END_stopped);
	else
		tell_failed(h);
}

void hedge_request(struct exchange *x, struct server *s, struct pick *pick,
    struct reply *reply)
{
	struct hedge *h = NULL;

	if (unlikely(is_hedged(x, pick)))
		h = ARENA_NEW(&x->arena, struct hedge);
	if (h != NULL) {
		h->x = x;
		cond_init(&h->ended);
	}
	if (h != NULL && start_try(h, 0, s))
		race(h, pick, reply);
	else
		(void)relay_request(x, s, reply);
}
