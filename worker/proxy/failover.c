/*
 * failover.c - a request that failed at one server goes to another.
 *
 * Runs on the exchange's fiber, between its tries.  Nothing is sent again that
 * may have done something, unless that does no harm twice; nothing after a
 * byte of a reply went to the client; and no more than a share of all
 * requests, or the servers that are left would get what broke the others.
 * Requests that nobody got are not meant by that.
 *
 * A reply with a status that is asked for elsewhere is put off, not dropped:
 * when nobody has a better one the client gets it.  One that is not at hand as
 * a whole keeps its server's place, so it can't wait for another: all who have
 * a place would wait for each other.
 */
#include "worker/proxy/failover.h"

#include "common/base/insist.h"
#include "common/shm/budget.h"
#include "common/shm/seat.h"
#include "worker/origin/pool.h"
#include "worker/proxy/relay.h"

/* Requests that a worker counts by itself before it tells the others. */
#define COUNTED_AT_ONCE 16

_Static_assert(sizeof(budget_word) == sizeof(_Atomic uint64_t), "one word");

struct put_off {
	struct reply reply;
	struct chosen server;
	usec_t connected;
	usec_t first_byte;
};

/* ---- the budget ---- */

static void count_requests(struct pool *p)
{
	budget_add(&pool_row(p)->pool.tries, p->uncounted, loop_now());
	p->uncounted = 0;
}

bool failover_afford(const struct exchange *x)
{
	struct pool *p = pool_find(x->pool);

	count_requests(p);
	if (budget_take(&pool_row(p)->pool.tries, x->pool->retry.budget,
	    loop_now()))
		return true;
	count(retries_refused);
	return false;
}

/* ---- what was tried ---- */

#define TRIED_MAX PICK_TRIED_MAX

struct tried {
	unsigned count;
	struct {
		struct str address;
		enum end end;
		unsigned status;
		usec_t after; /* the request's first byte */
	} at[TRIED_MAX];
};

void failover_note(struct exchange *x, const struct chosen *server,
    enum end end, unsigned status)
{
	struct tried *t = x->tried;

	if (t == NULL)
		t = x->tried = ARENA_NEW(&x->arena, struct tried);
	if (t == NULL || t->count == TRIED_MAX)
		return;
	t->at[t->count].address = server->address;
	t->at[t->count].end = end;
	t->at[t->count].status = status;
	t->at[t->count].after = loop_now() - x->began;
	t->count++;
}

void failover_tell(const struct exchange *x, struct exchange *of)
{
	struct tried *t;

	if (likely(x->tried == NULL))
		return;
	t = ARENA_NEW(&of->arena, struct tried);
	if (t == NULL)
		return;
	*t = *x->tried;
	for (unsigned i = 0; i < t->count; i++) {
		struct str *address = &t->at[i].address;
		const char *p = arena_strdup(&of->arena, *address);

		*address = p != NULL ? str_make(p, address->n) : STR("-");
	}
	of->tried = t;
}

static void note(struct exchange *x, enum end end, unsigned status)
{
	struct chosen server = choose_describe_taken(x);

	failover_note(x, &server, end, status);
}

static void write_how(struct out *o, enum end end, unsigned status)
{
	if (end != END_NONE)
		out_str(o, str_from(end_name(end)));
	else if (status != 0)
		out_u64(o, status);
	else
		out_lit(o, "slow");
}

struct str failover_tried(const struct exchange *x)
{
	static char text[TRIED_MAX * 256];
	struct out o = out_make(text, sizeof(text));
	const struct tried *t = x->tried;

	for (unsigned i = 0; t != NULL && i < t->count; i++) {
		if (i > 0)
			out_char(&o, ',');
		out_str(&o, t->at[i].address);
		out_char(&o, '/');
		write_how(&o, t->at[i].end, t->at[i].status);
		out_char(&o, '/');
		out_msec(&o, t->at[i].after);
	}
	INSIST(out_ok(&o));
	return t != NULL ? out_text(&o) : STR_NONE;
}

/* ---- one more? ---- */

static bool has_status(const struct conf_retry *retry, unsigned status)
{
	unsigned bit = status - CONF_ERROR_LEAST;

	return retry->on_statuses && status >= CONF_ERROR_LEAST &&
	    status <= CONF_ERROR_MOST &&
	    (retry->statuses[bit / 64] >> bit % 64 & 1) != 0;
}

/* Nothing was sent, so anything may go elsewhere. */
static bool was_not_sent(const struct exchange *x)
{
	return x->end == END_connect_failed || x->end == END_origin_tls ||
	    x->end == END_connect_deadline;
}

/* The server says that it has done nothing, and nothing was lost. */
static bool was_refused(const struct exchange *x)
{
	return x->end == END_origin_refused && relay_is_at_hand(x);
}

static bool is_cause(const struct exchange *x, const struct reply *reply)
{
	const struct conf_retry *retry = &x->pool->retry;

	if (was_not_sent(x) || was_refused(x))
		return retry->on_connect;
	if (x->end == END_NONE)
		return has_status(retry, reply->head.status);
	if (x->first_byte != 0)
		return false;
	if (x->end == END_origin_closed)
		return retry->on_reset;
	return retry->on_timeout && (x->end == END_origin_deadline ||
	    x->end == END_origin_stalled);
}

static bool may_again(const struct failover *f, const struct exchange *x,
    const struct reply *reply)
{
	return f->tries < x->pool->retry.attempts && is_cause(x, reply) &&
	    !x->interim_sent && !fiber_is_cancelled() &&
	    (was_not_sent(x) || was_refused(x) || relay_may_repeat(x));
}

/* Who could not be connected to has got nothing: the others get no more than
 * they would without it. */
static bool is_affordable(const struct exchange *x)
{
	return was_not_sent(x) || failover_afford(x);
}

/* ---- replies that are put off ---- */

static void drop_answer(struct failover *f)
{
	if (f->answer != NULL)
		relay_give_up(&f->answer->reply);
	f->answer = NULL;
}

/* False: no memory. */
static bool put_off(struct failover *f, struct exchange *x,
    struct reply *reply)
{
	struct put_off *p = ARENA_NEW(&x->arena, struct put_off);

	if (p == NULL)
		return false;
	drop_answer(f);
	f->pick.impatient = !relay_put_off(reply);
	*p = (struct put_off){.reply = *reply,
	    .server = choose_describe_taken(x),
	    .connected = x->connected,
	    .first_byte = x->first_byte};
	*reply = (struct reply){.source = NULL};
	f->answer = p;
	return true;
}

/* X has failed; what a server did answer is better than what we could. */
static void take_up(struct failover *f, struct exchange *x,
    struct reply *reply)
{
	const struct put_off *p = f->answer;

	*reply = p->reply;
	f->answer = NULL;
	choose_take_again(x, &p->server);
	x->connected = p->connected;
	x->first_byte = p->first_byte;
	x->end = END_NONE;
	x->fault = FAULT_NONE;
}

/* There was no server for one more try: X stands as after the one before. */
static void take_back(struct failover *f, struct exchange *x)
{
	x->attempts--;
	x->end = f->before;
	if (x->tried != NULL)
		x->tried->count--;
}

/* ---- from the outside ---- */

void failover_begin(struct failover *f, struct exchange *x)
{
	struct pool *p = pool_find(x->pool);

	*f = (struct failover){.tries = 1};
	if (++p->uncounted >= COUNTED_AT_ONCE)
		count_requests(p);
	x->attempts++;
}

static bool had_no_server(enum end end)
{
	return end == END_no_server || end == END_sticky_down ||
	    end == END_queue_full || end == END_queue_deadline;
}

static bool finish(struct failover *f, struct exchange *x,
    struct reply *reply)
{
	bool failed = end_side(x->end) == END_BY_ORIGIN ||
	    had_no_server(x->end);

	if (failed && f->tries > 1 && !fiber_is_cancelled()) {
		if (had_no_server(x->end))
			take_back(f, x);
		else if (f->answer != NULL)
			note(x, x->end, 0);
		if (f->answer != NULL)
			take_up(f, x, reply);
	}
	drop_answer(f);
	if (x->end == END_NONE && reply->source != NULL)
		relay_take(reply);
	return false;
}

bool failover_again(struct failover *f, struct exchange *x,
    struct reply *reply)
{
	enum end end = x->end;
	unsigned status = end == END_NONE ? reply->head.status : 0;

	if (likely(end == END_NONE && f->tries == 1 && status < 400))
		return finish(f, x, reply);
	if (!may_again(f, x, reply) || !is_affordable(x) ||
	    (end == END_NONE && !put_off(f, x, reply)))
		return finish(f, x, reply);
	note(x, end, status);
	count(retries);
	f->tries++;
	f->before = end;
	x->attempts++;
	x->end = END_NONE;
	x->fault = FAULT_NONE;
	x->connected = x->first_byte = 0;
	return true;
}
