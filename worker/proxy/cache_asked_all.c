/*
 * cache_asked_all.c - what goes through all of the cache: listing, purging.
 *
 * Runs in the worker that is asked, on a fiber of its own, a slice of the store
 * at a time; clients are served in between.
 */
#include <stdlib.h>

#include "common/shm/cache.h"
#include "common/shm/cache_purge.h"
#include "worker/cache/purging.h"
#include "worker/proxy/cache_asked.h"
#include "worker/proxy/cache_listed.h"
#include "worker/proxy/cache_meant.h"

#define SLICE 64	    /* entries a step */
#define LINE_MAX_SIZE 4096 /* of what is told of one, or more */

static bool refuse(struct out *answer, const char *text)
{
	out_fmt(answer, "error: %s\n", text);
	return false;
}

static bool refuse_none(struct out *answer)
{
	return refuse(answer, "there is no cache: write cache = true; into a "
	    "vhost");
}

/* ---- listing ---- */

struct listing {
	struct cache_walk walk;
	struct cache_match match;
	char text[CACHE_KEY_MAX]; /* of the match */
	struct cache_listed at[SLICE];
	uint64_t most;
	uint64_t shown;
	bool more; /* than were shown */
	bool json;
};

/* False: it is enough. */
static bool show(struct listing *l, const struct cache_listed *listed,
    struct out *o)
{
	if (l->shown == l->most || o->cap - o->n < LINE_MAX_SIZE) {
		l->more = true;
		return false;
	}
	l->shown++;
	if (l->json)
		cache_listed_json(listed, o);
	else
		cache_listed_line(listed, o);
	return true;
}

static int list(struct listing *l, struct out *o)
{
	enum cache_step step;
	unsigned n;
	int err = 0;

	cache_walk_begin(&l->walk, &l->match);
	do {
		step = cache_walk_step(&l->walk, l->at, SLICE, &n);
		for (unsigned i = 0; i < n; i++)
			if (!show(l, &l->at[i], o))
				return 0;
		if (step != CACHE_STEP_DONE)
			err = purging_rest(step);
	} while (step != CACHE_STEP_DONE && err == 0);
	return err;
}

static void end_listing(const struct listing *l, struct out *o)
{
	if (l->json)
		out_fmt(o, "],\"more\":%s,\"missed\":%u}\n",
		    l->more ? "true" : "false", l->walk.missed);
	else if (l->more)
		out_fmt(o, "... and more: --limit N\n");
	if (!l->json && l->walk.missed > 0)
		out_fmt(o, "%u shards were busy, and are left out\n",
		    l->walk.missed);
}

static bool read_listing(const struct conf *conf, struct str words,
    struct listing *l, struct out *why)
{
	struct out memory = out_make(l->text, sizeof(l->text));
	struct str most = STR("");

	if (!cache_meant(conf, &words, &memory, &l->match, why))
		return false;
	(void)str_next_part(&words, '\t', &most);
	l->json = str_eq(words, STR("json"));
	return str_to_u64(most, UINT32_MAX, &l->most) ||
	    refuse(why, "the limit is no number");
}

bool cache_asked_list(const struct conf *conf, struct str words,
    struct out *answer)
{
	struct listing *l;
	bool ok;

	if (!cache_is_there())
		return refuse_none(answer);
	l = calloc(1, sizeof(*l));
	ok = l != NULL && read_listing(conf, words, l, answer);
	if (ok && l->json) {
		out_lit(answer, "{\"ok\":true,\"objects\":[");
	} else if (ok) {
		cache_listed_head(answer);
	}
	if (ok && list(l, answer) == 0)
		end_listing(l, answer);
	free(l);
	return ok;
}

/* ---- purging ---- */

struct purge {
	struct cache_purge run;
	struct cache_match match;
	char text[CACHE_KEY_MAX];
	bool soft;
	bool json;
};

static bool read_purge(const struct conf *conf, struct str words,
    struct purge *p, struct out *why)
{
	struct out memory = out_make(p->text, sizeof(p->text));
	struct str how = STR("");

	if (!cache_meant(conf, &words, &memory, &p->match, why))
		return false;
	(void)str_next_part(&words, '\t', &how);
	p->soft = str_eq(how, STR("soft"));
	p->json = str_eq(words, STR("json"));
	return p->soft || str_eq(how, STR("hard")) ||
	    refuse(why, "soft or hard?");
}

static void tell_purge(const struct purge *p, struct out *o)
{
	unsigned long long objects = (unsigned long long)p->run.objects;
	unsigned long long fetches = (unsigned long long)p->run.fetches;

	if (p->json) {
		out_fmt(o, "{\"ok\":true,\"purged\":%llu,\"fetches\":%llu,"
		    "\"soft\":%s}\n", objects, fetches,
		    p->soft ? "true" : "false");
		return;
	}
	out_fmt(o, p->soft ? "%llu object%s made stale" : "%llu object%s purged",
	    objects, objects == 1 ? "" : "s");
	if (fetches > 0)
		out_fmt(o, "; %llu being fetched %s not kept", fetches,
		    fetches == 1 ? "is" : "are");
	out_char(o, '\n');
}

static bool run_purge(struct purge *p, struct out *answer)
{
	cache_purge_begin(&p->run, &p->match, p->soft);
	if (purging_run(&p->run) != 0)
		return refuse(answer, "the worker ends");
	if (p->run.walk.missed == 0) {
		tell_purge(p, answer);
		return true;
	}
	out_fmt(answer, "error: %llu objects are purged, but %u of the shards "
	    "could not be had: what was there is there still; try again\n",
	    (unsigned long long)p->run.objects, p->run.walk.missed);
	return false;
}

bool cache_asked_purge(const struct conf *conf, struct str words,
    struct out *answer)
{
	struct purge *p;
	bool ok;

	if (!cache_is_there())
		return refuse_none(answer);
	p = calloc(1, sizeof(*p));
	ok = p != NULL && read_purge(conf, words, p, answer) &&
	    run_purge(p, answer);
	free(p);
	return ok;
}
