/*
 * explain_cache.c - what the cache would do with a request, and why.
 *
 * Runs in workers, on the loop's own stack, when an operator asks.  Key,
 * lookup and judgement are those of requests (caching.h); only the telling is
 * here.
 *
 *	cache     on  (vhosts.d/news.conf:7)
 *	key       https://news.example.com/a
 *	key       =news.example.com 0 web
 *	stored    whole, 200, 512 bytes, age 12s, fresh for 48s, 3 hits
 *	verdict   hit: it is answered from the cache
 */
#include "worker/proxy/explain_cache.h"

#include "common/shm/cache_walk.h"
#include "worker/proxy/cache_listed.h"
#include "worker/proxy/caching.h"

#define LISTED_MAX 64 /* variants */

/* ---- settings ---- */

static void tell_time(struct out *o, const char *name, usec_t time)
{
	if (time == 0)
		return;
	out_fmt(o, ", %s ", name);
	out_span(o, time);
}

static void tell_settings(struct out *o, const struct conf_cache *c)
{
	out_fmt(o, "cache     on%s", c->collapse ? "" : ", collapse off");
	tell_time(o, "default_ttl", c->default_ttl);
	tell_time(o, "negative_ttl", c->negative_ttl);
	if (c->heuristic > 0)
		out_fmt(o, ", heuristic %g%%", (double)c->heuristic / 10000);
	tell_time(o, "while_revalidate", c->stale.while_revalidate);
	tell_time(o, "if_error", c->stale.if_error);
	out_fmt(o, "  (%s:%u)\n", c->place.file, c->place.line);
}

static void tell_key(struct out *o, struct str key)
{
	struct str line;

	while (str_next_part(&key, '\n', &line))
		out_fmt(o, "key       %" PRI_STR "\n", ARG_STR(line));
}

/* ---- what is there ---- */

static void tell_stored(struct out *o, struct str key)
{
	static struct cache_listed at[LISTED_MAX];
	struct cache_match match = {CACHE_SCOPE_KEY, key};
	struct cache_walk walk;
	enum cache_step step;
	unsigned n, told = 0;

	cache_walk_begin(&walk, &match);
	do {
		step = cache_walk_step(&walk, at, LISTED_MAX, &n);
		for (unsigned i = 0; i < n; i++, told++)
			cache_listed_tell(&at[i], o);
	} while (step == CACHE_STEP_MORE && told < LISTED_MAX);
	if (step == CACHE_STEP_LATER || walk.missed > 0)
		out_lit(o, "stored    its shard is busy\n");
	else if (told == 0)
		out_lit(o, "stored    nothing\n");
}

/* ---- what is done ---- */

static void tell_found(struct out *o, const struct caching *c)
{
	static const char *const what[] = {
	    [REUSE_FRESH] = "hit: it is answered from the cache",
	    [REUSE_STALE] = "stale: it is answered from the cache all the same",
	    [REUSE_BACKGROUND] = "stale: it is answered from the cache, and the "
		"origin is asked behind the client's back",
	    [REUSE_VALIDATE] = "the origin is asked whether it is still good",
	    [REUSE_NOT] = "it is not used: the origin is asked",
	    [REUSE_TIMEOUT] = "504: it is not good, and the origin is not to be "
		"asked",
	};

	out_fmt(o, "%s", what[c->reuse.what]);
	if (c->reuse.reason != CACHE_REASON_NONE)
		out_fmt(o, ": %s", cache_reason_text(c->reuse.reason));
	if (c->reuse.what == REUSE_VALIDATE && c->reuse.if_error)
		out_lit(o, "; if it fails, what is stored is used");
}

static void tell_miss(struct out *o, struct exchange *x)
{
	const struct caching *c = x->caching;

	if (reuse_is_forbidden(c->conf, &x->request))
		out_fmt(o, "504: %s",
		    cache_reason_text(CACHE_REASON_only_if_cached));
	else if (c->found.fetching && c->conf->collapse)
		out_lit(o, "miss: it waits for who is fetching it");
	else
		out_lit(o, "miss: the origin is asked");
}

static void tell_mark(struct out *o, const struct caching *c)
{
	out_fmt(o, "uncacheable: each request asks the origin: %s",
	    cache_reason_text(c->found.meta.reason));
}

static void tell_verdict(struct out *o, struct exchange *x,
    enum cache_result result)
{
	const struct caching *c = x->caching;

	out_lit(o, "verdict   ");
	switch (result) {
	case CACHE_FOUND:
		tell_found(o, c);
		break;
	case CACHE_MARKED:
		tell_mark(o, c);
		break;
	case CACHE_CROWDED:
		out_fmt(o, "hit, by a copy: %s",
		    cache_reason_text(CACHE_REASON_crowded));
		break;
	case CACHE_BUSY:
	case CACHE_LARGE:
		out_fmt(o, "bypass: %s",
		    cache_reason_text(c->reason != CACHE_REASON_NONE
			    ? c->reason : CACHE_REASON_busy));
		break;
	case CACHE_NOTHING:
	case CACHE_VARIES:
	case CACHE_FAILED:
		tell_miss(o, x);
		break;
	}
	out_char(o, '\n');
}

void explain_caching(struct exchange *x, struct out *o)
{
	enum cache_result result;

	if (x->scope->cache == NULL || !cache_is_there()) {
		out_lit(o, "cache     off: neither the route nor its vhost says "
		    "cache = true;\n");
		return;
	}
	tell_settings(o, x->scope->cache);
	result = caching_look_up(x);
	if (x->caching != NULL && x->caching->key.text.n > 0) {
		tell_key(o, x->caching->key.text);
		tell_stored(o, x->caching->key.text);
	}
	if (x->caching != NULL)
		tell_verdict(o, x, result);
	caching_end(x);
}
