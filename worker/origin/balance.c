/*
 * balance.c - which server of a pool takes the next request.
 *
 * Runs in workers, once for each attempt; waits for nothing.  Servers stand in
 * tiers: the preferred zones first, backups last.  The method of the pool
 * chooses among those of the nearest tier that may be used and have room; a
 * further tier is only asked when that has none.
 *
 * Weights are in 256ths here, because a server that has just come back begins
 * with a small part of its own (slow_start).
 */
#include "worker/origin/balance.h"

#include "common/base/insist.h"
#include "common/base/random.h"

#define WHOLE 256	/* a weight of 1 */
#define SLOWEST 10	/* slow_start begins with a tenth */
#define DRAWS 8		/* before all are looked at */
#define RESERVE_TRIES 4
#define ALIKE (1 * USEC_PER_MSEC) /* latencies so near, or within twice */

/* Bounded loads: nobody who is called by a key gets more than 5/4 of its
 * share of what is in flight. */
#define BOUND_NUMERATOR 5
#define BOUND_DENOMINATOR 4

struct choice {
	struct pool *pool;
	const struct pick *pick;
	usec_t now;
	unsigned first; /* the servers at[first..end) are a tier */
	unsigned end;
	bool again; /* those that were tried, too */
};

typedef struct server *choose_fn(const struct choice *c);

/* ---- servers ---- */

static bool was_tried(const struct pick *pick, const struct server *s)
{
	for (unsigned i = 0; i < pick->tried_count; i++)
		if (pick->tried[i] == s->id)
			return true;
	return false;
}

void balance_tried(struct pick *pick, const struct server *s)
{
	if (pick->tried_count < PICK_TRIED_MAX)
		pick->tried[pick->tried_count++] = s->id;
}

static bool fits(const struct choice *c, const struct server *s)
{
	return server_is_usable(s, false, c->now) && server_has_room(s) &&
	    (c->again || !was_tried(c->pick, s));
}

static usec_t back_since(const struct server *s)
{
	usec_t since = atomic_load_explicit(&s->row->server.up_since,
	    memory_order_relaxed);
	usec_t checked = s->check == NULL ? 0 :
	    atomic_load_explicit(&s->check->check.since, memory_order_relaxed);

	return since > checked ? since : checked;
}

/* As much of WHOLE as S has now. */
static uint64_t share_of(const struct server *s, uint64_t whole, usec_t now)
{
	usec_t slow = s->pool->conf->slow_start;
	uint64_t share;
	usec_t back;

	if (slow == 0)
		return whole;
	back = now - back_since(s);
	if (back >= slow)
		return whole;
	share = whole * (uint64_t)back / (uint64_t)slow;
	return share > whole / SLOWEST ? share : whole / SLOWEST;
}

unsigned balance_share(const struct server *s, usec_t now)
{
	return (unsigned)share_of(s, 100, now);
}

static uint64_t weight_of(const struct choice *c, const struct server *s)
{
	return share_of(s, (uint64_t)server_weight(s) * WHOLE, c->now);
}

/* ---- going round, and others that need no load ---- */

/*
 * Smooth weighted round robin: each turn every server gains its weight; the
 * one with the most is chosen and pays the sum of all weights.  Weights 5, 1, 1
 * give a a b a c a a: in proportion, and never in bursts.  A second choice is
 * no turn of its own: if it were, of two servers one would be the first choice
 * of every request, and that may be the one that fails.
 */
static struct server *round_robin(const struct choice *c)
{
	bool turn = c->pick->tried_count == 0;
	struct server *best = NULL;
	int sum = 0;

	for (unsigned i = c->first; i < c->end; i++) {
		struct server *s = c->pool->at[i];
		int weight = (int)weight_of(c, s);

		if (!fits(c, s))
			continue;
		if (turn)
			s->current += weight;
		sum += weight;
		if (best == NULL || s->current > best->current)
			best = s;
	}
	if (best != NULL && turn)
		best->current -= sum;
	return best;
}

static struct server *first(const struct choice *c)
{
	for (unsigned i = c->first; i < c->end; i++)
		if (fits(c, c->pool->at[i]))
			return c->pool->at[i];
	return NULL;
}

/* Any but BUT, by weight, from all of the tier. */
static struct server *draw_from_all(const struct choice *c,
    const struct server *but)
{
	struct server *drawn = NULL;
	uint64_t sum = 0;

	for (unsigned i = c->first; i < c->end; i++) {
		struct server *s = c->pool->at[i];
		uint64_t weight = weight_of(c, s);

		if (s == but || !fits(c, s))
			continue;
		sum += weight;
		if (random_u64() % sum < weight)
			drawn = s;
	}
	return drawn;
}

/* The same.  Where weights are equal and all are well the first draw is good,
 * however many servers there are; the largest weight is learned. */
static struct server *draw(const struct choice *c, const struct server *but)
{
	uint64_t *most = &c->pool->weight_most;
	unsigned n = c->end - c->first;

	for (int i = 0; i < DRAWS; i++) {
		uint64_t dice = random_u64();
		struct server *s = c->pool->at[c->first + (uint32_t)dice % n];
		uint64_t weight = weight_of(c, s);

		if (weight > *most)
			*most = weight;
		if (s != but && (dice >> 32) % *most < weight && fits(c, s))
			return s;
	}
	return draw_from_all(c, but);
}

static struct server *any(const struct choice *c)
{
	return draw(c, NULL);
}

/* ---- by load ---- */

static bool are_alike(usec_t a, usec_t b)
{
	usec_t less = a < b ? a : b, more = a < b ? b : a;

	return less == 0 || more <= 2 * less + ALIKE;
}

/*
 * The power of two choices: of two that are drawn, the one where less is to be
 * waited for.  Latencies that differ little are noise, and what is in flight
 * decides; if that is the same, the draw.
 */
static struct server *two_choices(const struct choice *c)
{
	struct server *a = draw(c, NULL);
	struct server *b = a != NULL && c->end - c->first > 1
	    ? draw(c, a) : NULL;
	usec_t la, lb;
	uint64_t fa, fb;

	if (b == NULL)
		return a;
	la = server_latency(a, c->now);
	lb = server_latency(b, c->now);
	fa = server_in_flight(a) * weight_of(c, b);
	fb = server_in_flight(b) * weight_of(c, a);
	if (!are_alike(la, lb)) {
		fa = (fa + weight_of(c, b)) * (uint64_t)la;
		fb = (fb + weight_of(c, a)) * (uint64_t)lb;
	}
	return fb < fa ? b : a;
}

/* What S costs, a share of its weight; less is better. */
typedef double cost_fn(const struct choice *c, const struct server *s);

static double cost_in_flight(const struct choice *c, const struct server *s)
{
	return (double)server_in_flight(s) / (double)weight_of(c, s);
}

static double cost_latency(const struct choice *c, const struct server *s)
{
	double latency = (double)server_latency(s, c->now) + 1;

	return latency * (server_in_flight(s) + 1) / (double)weight_of(c, s);
}

/* The search begins elsewhere each time, so that equals take turns. */
static struct server *cheapest(const struct choice *c, cost_fn *cost)
{
	unsigned n = c->end - c->first, start = c->pool->turn++;
	struct server *best = NULL;
	double least = 0;

	for (unsigned i = 0; i < n; i++) {
		struct server *s = c->pool->at[c->first + (start + i) % n];
		double its = cost(c, s);

		if ((best == NULL || its < least) && fits(c, s)) {
			best = s;
			least = its;
		}
	}
	return best;
}

static struct server *least_connections(const struct choice *c)
{
	return cheapest(c, cost_in_flight);
}

static struct server *least_latency(const struct choice *c)
{
	return cheapest(c, cost_latency);
}

/* ---- by a key ---- */

struct sums {
	uint64_t in_flight;
	uint64_t weight;
};

static struct sums sum_up(const struct choice *c)
{
	struct sums sums = {.in_flight = 1};

	for (unsigned i = c->first; i < c->end; i++) {
		const struct server *s = c->pool->at[i];

		if (!fits(c, s))
			continue;
		sums.in_flight += server_in_flight(s);
		sums.weight += weight_of(c, s);
	}
	return sums;
}

static bool is_within_bound(const struct choice *c, const struct server *s,
    const struct sums *sums)
{
	uint64_t share = sums->in_flight * weight_of(c, s) * BOUND_NUMERATOR;
	uint64_t whole = sums->weight * BOUND_DENOMINATOR;

	return server_in_flight(s) < (share + whole - 1) / whole;
}

/* Weighted rendezvous with bounded loads. */
static struct server *by_key(const struct choice *c)
{
	struct sums sums = sum_up(c);
	struct server *best = NULL;
	uint64_t highest = 0;

	for (unsigned i = c->first; i < c->end; i++) {
		struct server *s = c->pool->at[i];
		uint64_t rank = hash_rank(c->pick->key, s->id,
		    (uint32_t)weight_of(c, s));

		if (rank >= highest && fits(c, s) &&
		    is_within_bound(c, s, &sums)) {
			best = s;
			highest = rank;
		}
	}
	return best;
}

/* ---- the choice ---- */

static choose_fn *const methods[] = {
    [CONF_BALANCE_p2c] = two_choices,
    [CONF_BALANCE_rr] = round_robin,
    [CONF_BALANCE_least_conn] = least_connections,
    [CONF_BALANCE_latency] = least_latency,
    [CONF_BALANCE_hash] = by_key,
    [CONF_BALANCE_random] = any,
    [CONF_BALANCE_first] = first,
};

static unsigned end_of_tier(const struct pool *p, unsigned first_of)
{
	unsigned i = first_of + 1;

	while (i < p->count && p->at[i]->tier == p->at[first_of]->tier)
		i++;
	return i;
}

static struct server *choose(struct choice *c)
{
	struct pool *p = c->pool;

	for (c->first = 0; c->first < p->count; c->first = c->end) {
		struct server *s;

		c->end = end_of_tier(p, c->first);
		if (c->end - c->first > 1)
			s = methods[p->conf->balance](c);
		else
			s = first(c);
		if (s != NULL)
			return s;
	}
	return NULL;
}

static struct server *find_wanted(const struct choice *c)
{
	for (unsigned i = 0; i < c->pool->count; i++)
		if (c->pool->at[i]->id == c->pick->wanted)
			return c->pool->at[i];
	return NULL;
}

/*
 * The request is stuck to a server.  True: to that one alone, *server_r, or
 * NULL: with FULL it is to be waited for.  False: another will do, because
 * that one is gone, or down, or full and there is no queue.
 */
static bool take_wanted(const struct choice *c, struct pick *pick,
    struct server **server_r)
{
	struct server *s = find_wanted(c);

	*server_r = NULL;
	if (s == NULL)
		return false;
	if (!server_is_usable(s, true, c->now) ||
	    (was_tried(pick, s) && !pick->only_wanted))
		return pick->only_wanted;
	if (server_reserve(s, true)) {
		*server_r = s;
		return true;
	}
	pick->wanted_full = true;
	pick->full = pick->only_wanted || c->pool->conf->queue.size > 0;
	return pick->full;
}

/* Is there one that only wants room? */
static bool is_full(const struct choice *c)
{
	for (unsigned i = 0; i < c->pool->count; i++) {
		const struct server *s = c->pool->at[i];

		if (server_is_usable(s, false, c->now) &&
		    (c->again || !was_tried(c->pick, s)))
			return true;
	}
	return false;
}

/* Nobody is left that was not tried; who is full is waited for, if it may be. */
static bool may_try_again(const struct choice *c)
{
	return c->pick->tried_count > 0 && !c->again &&
	    (c->pool->conf->queue.size == 0 || !is_full(c));
}

struct server *balance_pick(struct pool *p, struct pick *pick)
{
	struct choice c = {.pool = p, .pick = pick, .now = loop_now()};
	struct server *s;

	pick->full = pick->wanted_full = false;
	if (pick->wanted != 0 && take_wanted(&c, pick, &s))
		return s;
	for (int i = 0; i < RESERVE_TRIES; i++) {
		s = choose(&c);
		if (s == NULL && may_try_again(&c)) {
			c.again = true;
			s = choose(&c);
		}
		if (s == NULL || server_reserve(s, false))
			break;
		s = NULL;
	}
	pick->full = s == NULL && is_full(&c);
	return s;
}
