/*
 * balance.c - smooth weighted round robin.
 *
 * Each turn every server gains its weight; the one with the most is chosen
 * and pays the sum of all weights.  Weights 5, 1, 1 give a a b a c a a: in
 * proportion, and never in bursts.
 *
 * A second choice is no turn of its own: if it were, of two servers one would
 * be the first choice of every request, and that may be the one that is down.
 */
#include "worker/origin/balance.h"

#include "common/base/insist.h"

static struct server *choose(struct pool *p, const struct server *avoid)
{
	struct server *best = NULL;

	for (unsigned i = 0; i < p->conf->server_count; i++) {
		struct server *s = &p->servers[i];

		if (s == avoid && p->conf->server_count > 1)
			continue;
		if (best == NULL || s->current > best->current)
			best = s;
	}
	INSIST(best != NULL);
	return best;
}

struct server *balance_pick(struct pool *p, const struct server *avoid)
{
	struct server *best;
	int sum = 0;

	if (avoid != NULL)
		return choose(p, avoid);
	for (unsigned i = 0; i < p->conf->server_count; i++) {
		p->servers[i].current += (int)p->conf->servers[i].weight;
		sum += (int)p->conf->servers[i].weight;
	}
	best = choose(p, NULL);
	best->current -= sum;
	return best;
}
