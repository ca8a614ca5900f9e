/*
 * explain_splits.c - which arms of its splits a request has, and why.
 *
 * Runs in workers, on the loop's own stack.
 *
 *	split     new-checkout: beta, by the cookie  (stable 90, beta 10)
 */
#include "worker/proxy/explain_splits.h"

#include "worker/proxy/arms.h"
#include "worker/proxy/split.h"

static const char *why_kept(enum conf_sticky sticky)
{
	switch (sticky) {
	case CONF_STICKY_COOKIE:
		return "by the cookie";
	case CONF_STICKY_IP:
		return "by the address";
	case CONF_STICKY_KEY:
		break;
	}
	return "by the key";
}

static const char *why(const struct conf_split *s, enum split_why why)
{
	switch (why) {
	case SPLIT_KEPT:
		return why_kept(s->sticky);
	case SPLIT_NEW:
		return "by chance: the visitor is new, and gets a cookie";
	case SPLIT_BY_IP:
		return "by the address: there is no key";
	case SPLIT_FORCED:
		return "forced";
	case SPLIT_HELD:
		return "held by the cookie: it was forced before";
	case SPLIT_INSTEAD:
		break;
	}
	return "by if_down: the pool of another one has no server";
}

void explain_splits(const struct exchange *x, struct out *answer)
{
	for (unsigned i = 0; i < x->route->splits.count; i++) {
		const struct conf_split *s = &x->route->splits.at[i];

		out_fmt(answer, "split     %s: %s, %s  (", s->name,
		    x->choices[i].arm->name, why(s, x->choices[i].why));
		for (unsigned k = 0; k < s->arm_count; k++)
			out_fmt(answer, "%s%s %u", k > 0 ? ", " : "",
			    s->arms[k].name, arm_weight(&s->arms[k]));
		out_lit(answer, ")\n");
	}
}
