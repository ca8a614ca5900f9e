/*
 * caching_purge.c - the method PURGE.
 *
 * Runs on the exchange's fiber.  Who may purge takes a URL out of the cache by
 * asking for it with another method: all variants of it, and whatever else its
 * requests are told apart by.  There is no RFC for it; others do it so too.
 *
 *	PURGE /a        200 "purged 2", or 404 when nothing was there
 *	Purge: soft     they are only made stale
 *
 * What has one key is found at once.  Where requests for one URL have several,
 * all of the store is walked through, in slices.
 */
#include "worker/proxy/caching.h"

#include <errno.h>

#include "common/base/insist.h"
#include "common/conf/network.h"
#include "worker/cache/purging.h"
#include "worker/cache/wait.h"
#include "worker/proxy/ours.h"

#define WORDS_SIZE 64

static bool is_allowed(const struct exchange *x)
{
	return conf_networks_hold(&x->scope->cache->purge_from,
	    &x->identity.client);
}

static bool is_soft(const struct message *request)
{
	for (unsigned i = 0; i < request->field_count; i++)
		if (str_eq_nocase(field_name(&request->fields[i]),
			STR("Purge")))
			return str_eq_nocase(field_value(&request->fields[i]),
			    STR("soft"));
	return false;
}

/* Everything in MATCH; to *P it is added how much that was.  0 or -ECANCELED. */
static int purge(const struct cache_match *match, struct cache_purge *p)
{
	struct cache_purge more;
	int err;

	cache_purge_begin(&more, match, p->soft);
	err = purging_run(&more);
	p->objects += more.objects;
	p->fetches += more.fetches;
	return err;
}

static int purge_url(struct exchange *x, const struct key_ask *ask,
    struct cache_purge *p)
{
	const struct conf_cache_key *key = &x->scope->cache->key;
	struct out o = exchange_out(x, CACHE_KEY_MAX);
	struct cache_match match = {.scope = CACHE_SCOPE_URL};

	if (!key_write_url(key, ask, &o))
		return -ENOMEM;
	match.text = out_text(&o);
	return purge(&match, p);
}

static int purge_all(struct exchange *x, struct cache_purge *p)
{
	struct cache_match match = {.scope = CACHE_SCOPE_KEY};
	struct key_ask ask;
	int err;

	if (!caching_ask(x, &ask) || !caching_make_key(x))
		return -ENOMEM;
	match.text = x->caching->key.text;
	err = purge(&match, p);
	wait_tell(x->caching->key.id);
	if (err == 0 && caching_has_others(x))
		err = purge_url(x, &ask, p);
	return err;
}

static void answer(struct exchange *x, const struct cache_purge *p,
    struct reply *reply)
{
	bool any = p->objects > 0 || p->fetches > 0;
	struct h1_simple simple = {.status = any ? 200 : 404};
	struct str *body = ARENA_NEW(&x->arena, struct str);
	struct out o = exchange_out(x, WORDS_SIZE);

	out_str(&o, p->soft ? STR("made stale ") : STR("purged "));
	out_u64(&o, p->objects);
	out_char(&o, '\n');
	if (body == NULL || !out_ok(&o)) {
		exchange_fail(x, END_overloaded);
		return;
	}
	*body = out_text(&o);
	reply->body = body;
	reply->body_count = 1;
	ours_make(x, &simple, reply);
}

bool caching_purge(struct exchange *x, struct reply *reply)
{
	struct cache_purge p = {.soft = false};
	int err;

	if (likely(x->request.method != METHOD_OTHER) ||
	    !str_eq(x->request.method_text, STR("PURGE")))
		return false;
	if (!is_allowed(x)) {
		exchange_fail(x, END_method_refused);
		return true;
	}
	p.soft = is_soft(&x->request);
	err = purge_all(x, &p);
	if (err == -ECANCELED)
		exchange_fail_client(x, err, END_client_deadline);
	else if (err < 0)
		exchange_fail(x, END_overloaded);
	else
		answer(x, &p, reply);
	return true;
}
