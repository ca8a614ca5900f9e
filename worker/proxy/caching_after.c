/*
 * caching_after.c - what a reply means for the cache that went past it.
 *
 * Runs in workers, on the exchange's fiber, once the head is there and before
 * the client gets it: whoever has changed something finds it changed.
 *
 *	POST, PUT, ...  what they may have changed is purged: RFC 9111, 4.4
 *	                and what a POST says to be the new page is stored
 *	HEAD            updates what a GET has stored, or makes it stale: 4.3.5
 *	GET             of what was marked as never kept: is it still?
 *
 * A purge by the whole key finds it in one step.  Where requests for one URL
 * have several keys, one of them is known and the others must be looked for;
 * that is done behind the exchange's back, for one at a time.
 */
#include "worker/proxy/caching.h"

#include <stdlib.h>
#include <string.h>

#include "common/shm/seat.h"
#include "worker/cache/invalidate.h"
#include "worker/cache/purging.h"
#include "worker/cache/record.h"
#include "worker/cache/storable.h"
#include "worker/cache/update.h"
#include "worker/cache/wait.h"
#include "worker/proxy/caching_content.h"
#include "worker/proxy/caching_renew.h"
#include "worker/proxy/hide.h"

#define WALKS_MAX 16

/* ---- purging ---- */

struct walk {
	struct list link;
	struct cache_match match;
	char text[];
};

static struct list walks = {&walks, &walks};
static unsigned walk_count; /* with the one that is being done */

static void walk_all(void *arg)
{
	(void)arg;
	while (!list_empty(&walks)) {
		struct walk *w = container_of(list_pop(&walks), struct walk,
		    link);
		struct cache_purge purge;

		cache_purge_begin(&purge, &w->match, false);
		(void)purging_run(&purge);
		free(w);
		walk_count--;
	}
}

/* SCOPE and TEXT are purged soon; if too much is to be purged so, not. */
static void walk_for(enum cache_scope scope, struct str text)
{
	bool runs = walk_count > 0;
	struct walk *w;

	if (walk_count == WALKS_MAX)
		return;
	w = malloc(sizeof(*w) + text.n);
	if (w == NULL)
		return;
	memcpy(w->text, text.p, text.n);
	w->match = (struct cache_match){scope, str_make(w->text, text.n)};
	list_add_tail(&walks, &w->link);
	walk_count++;
	if (runs || fiber_start("purge", walk_all, NULL))
		return;
	list_del(&w->link);
	free(w);
	walk_count--;
}

static void purge_key(struct str text)
{
	struct cache_match match = {CACHE_SCOPE_KEY, text};
	struct cache_purge purge;

	cache_purge_begin(&purge, &match, false);
	if (cache_purge_step(&purge) == CACHE_STEP_LATER)
		walk_for(CACHE_SCOPE_KEY, text);
	wait_tell(cache_key_make(text).id);
}

bool caching_has_others(const struct exchange *x)
{
	const struct conf_cache_key *key = &x->scope->cache->key;

	return key->cookies.count > 0 || key->headers.count > 0 ||
	    x->choices != NULL || caching_is_rewritten(x);
}

static void purge_url(struct exchange *x, struct key_ask ask,
    const struct invalidate_url *url)
{
	const struct conf_cache_key *key = &x->scope->cache->key;
	struct out o = exchange_out(x, CACHE_KEY_MAX / 4);
	struct out plain = exchange_out(x, CACHE_KEY_MAX / 4);

	ask.path = url->path;
	ask.query = url->query;
	if (key_write(key, &ask, &o) && out_ok(&o))
		purge_key(out_text(&o));
	if (caching_has_others(x) && key_write_url(key, &ask, &plain))
		walk_for(CACHE_SCOPE_URL, out_text(&plain));
}

static void invalidate(struct exchange *x, struct reply *reply)
{
	struct invalidate_url urls[INVALIDATE_MAX];
	struct arena mark;
	struct key_ask ask;
	bool is_content = false;
	unsigned n;

	hide_traces(x, reply); /* now its URLs are as clients say them */
	mark = x->arena;
	if (caching_ask(x, &ask)) {
		n = invalidate_urls(&ask, &reply->head, &x->arena, urls);
		for (unsigned i = 0; i < n; i++)
			purge_url(x, ask, &urls[i]);
		is_content = x->request.method == METHOD_POST &&
		    invalidate_is_content(&ask, &reply->head, &x->arena);
	}
	arena_rewind(&x->arena, &mark);
	if (is_content)
		caching_keep_content(x, reply);
}

/* ---- HEAD ---- */

static void learn(struct exchange *x, struct reply *reply)
{
	const struct caching *c = x->caching;
	struct cache_object fetch;
	struct message stored;
	struct renewal r = {.conf = c->conf,
	    .fetch = &fetch,
	    .object = &c->found.object,
	    .meta = &c->found.meta,
	    .stored = &stored,
	    .newer = reply,
	    .asked = c->since,
	    .most = caching_most(c->conf)};
	bool renewed = false;

	if (c->found.growing || c->found.meta.length < 0 ||
	    !record_decode(c->found.record, &x->arena, &stored))
		return;
	if (update_agrees(&reply->head, &stored,
		(uint64_t)c->found.meta.length) &&
	    cache_begin(&c->key, &fetch))
		renewed = caching_renew(x, &r);
	if (!renewed && cache_begin(&c->key, &fetch))
		caching_make_stale(x, &r);
	wait_tell(c->key.id);
}

/* ---- marks ---- */

/* If it may be kept from now on, whoever comes next fetches it.  What it varies
 * by is not judged here: such a mark ends by its time. */
static void look_at_mark(struct exchange *x, const struct reply *reply)
{
	const struct caching *c = x->caching;
	struct storable_ask ask = {.conf = c->conf,
	    .request = &x->request,
	    .reply = &reply->head,
	    .asked = c->since,
	    .received = loop_now(),
	    .wall = clock_wall(),
	    .max_object = caching_most(c->conf)};
	struct cache_object fetch;
	struct storable s;

	if (c->reason == CACHE_REASON_vary_any ||
	    c->reason == CACHE_REASON_vary_hard)
		return;
	storable_judge(&ask, &s);
	if (s.reason == CACHE_REASON_NONE && cache_begin(&c->key, &fetch))
		cache_mark(&fetch, loop_now(), c->reason);
}

void caching_saw(struct exchange *x, struct reply *reply)
{
	const struct caching *c = x->caching;

	if (x->end != END_NONE || reply->source == NULL || !cache_is_there())
		return;
	if (invalidate_needed(&x->request, reply->head.status))
		invalidate(x, reply);
	else if (c->marked)
		look_at_mark(x, reply);
	else if (c->has_found && x->request.method == METHOD_HEAD &&
	    reply->head.status == 200)
		learn(x, reply);
}
