/*
 * cache_asked.c - how full the cache is, and what it does.
 *
 * Runs in the worker that is asked, on the loop's own stack.  Sums of the
 * store and rows of vhosts are those of all workers.
 *
 *	memory    256.0m, 81.2m of it used, by 12045 objects; 174.8m free
 *	pinned    1.2m, by clients that are reading it
 *	...
 *	VHOST              FROM CACHE   hit  stale  ...
 *	news.example.com        94.1%   812     13
 */
#include "worker/proxy/cache_asked.h"

#include "common/base/json.h"
#include "common/conf/units.h"
#include "common/shm/cache.h"
#include "worker/proxy/cache_tally.h"

#define MEBI ((double)(1 << 20))

struct line {
	struct str name;
	uint64_t uses[CACHE_USES];
};

/* ---- what the uses say ---- */

static struct line line_of(const struct conf_vhost *v)
{
	struct line line = {.name = str_from(v->name)};

	for (unsigned i = CACHE_UNUSED + 1; i < CACHE_USES; i++)
		line.uses[i] = cache_tally_of(v, (enum cache_use)i);
	return line;
}

/* Those that no origin sent a body for, of all; in tenths of a percent. */
static unsigned share(const struct line *l)
{
	uint64_t from_cache = l->uses[CACHE_USE_hit] +
	    l->uses[CACHE_USE_stale] + l->uses[CACHE_USE_revalidated] +
	    l->uses[CACHE_USE_collapsed];
	uint64_t all = 0;

	for (unsigned i = CACHE_UNUSED + 1; i < CACHE_USES; i++)
		all += l->uses[i];
	return all > 0 ? (unsigned)(from_cache * 1000 / all) : 0;
}

static bool is_meant(const struct conf_vhost *v, struct str name)
{
	return cache_tally_has(v) &&
	    (name.n == 0 || str_eq(name, str_from(v->name)));
}

/* ---- as text ---- */

static void write_line(struct out *o, const struct line *l, int width)
{
	unsigned tenths = share(l);

	out_fmt(o, "%-*.*s  %8u.%u%%", width, (int)l->name.n, l->name.p,
	    tenths / 10, tenths % 10);
	for (unsigned i = CACHE_UNUSED + 1; i < CACHE_USES; i++)
		out_fmt(o, "  %11llu", (unsigned long long)l->uses[i]);
	out_char(o, '\n');
}

static void write_heading(struct out *o, int width)
{
	out_fmt(o, "%-*s  %10s", width, "VHOST", "FROM CACHE");
	for (unsigned i = CACHE_UNUSED + 1; i < CACHE_USES; i++)
		out_fmt(o, "  %11s", cache_use_name((enum cache_use)i).p);
	out_char(o, '\n');
}

static void write_vhosts(struct out *o, const struct conf *conf,
    struct str name)
{
	struct line all = {.name = STR("(all)")};
	unsigned shown = 0;
	int width = 20;

	for (unsigned i = 0; i < conf->vhost_count; i++)
		if (is_meant(conf->vhosts[i], name) &&
		    strlen(conf->vhosts[i]->name) > (size_t)width)
			width = (int)strlen(conf->vhosts[i]->name);
	if (width > 60)
		width = 60;
	write_heading(o, width);
	for (unsigned i = 0; i < conf->vhost_count; i++) {
		struct line line;

		if (!is_meant(conf->vhosts[i], name))
			continue;
		line = line_of(conf->vhosts[i]);
		write_line(o, &line, width);
		for (unsigned k = 0; k < CACHE_USES; k++)
			all.uses[k] += line.uses[k];
		shown++;
	}
	if (shown > 1)
		write_line(o, &all, width);
}

static void write_sums(struct out *o, const struct cache_sums *s,
    uint64_t largest)
{
	out_fmt(o, "objects   %llu, and %llu marks of what can't be kept\n",
	    (unsigned long long)s->objects, (unsigned long long)s->marks);
	out_fmt(o, "memory    %.1fm, %.1fm of it used, %.1fm free\n",
	    (double)s->bytes / MEBI, (double)(s->bytes - s->free) / MEBI,
	    (double)s->free / MEBI);
	out_fmt(o, "held      %.1fm by clients that read it, %.1fm by fetches\n",
	    (double)s->pinned / MEBI, (double)s->growing / MEBI);
	out_fmt(o, "largest   %.1fm: what an object can have\n",
	    (double)largest / MEBI);
	out_fmt(o, "evicted   %llu for want of room\n",
	    (unsigned long long)s->evicted);
	out_fmt(o, "shards    %llu, reset %llu times\n",
	    (unsigned long long)s->shards, (unsigned long long)s->resets);
	if (s->busy > 0)
		out_fmt(o, "busy      %llu shards, which are not in these "
		    "figures\n", (unsigned long long)s->busy);
}

/* ---- as JSON ---- */

static void write_sums_json(struct out *o, const struct cache_sums *s,
    uint64_t largest)
{
	json_name_number(o, "objects", s->objects);
	json_name_number(o, "marks", s->marks);
	json_name_number(o, "bytes", s->bytes);
	json_name_number(o, "bytes_used", s->bytes - s->free);
	json_name_number(o, "bytes_free", s->free);
	json_name_number(o, "bytes_pinned", s->pinned);
	json_name_number(o, "bytes_growing", s->growing);
	json_name_number(o, "largest", largest);
	json_name_number(o, "evicted", s->evicted);
	json_name_number(o, "shards", s->shards);
	json_name_number(o, "resets", s->resets);
	json_name_number(o, "busy", s->busy);
}

static void write_line_json(struct out *o, const struct line *l)
{
	json_item(o);
	out_char(o, '{');
	json_name_string(o, "vhost", l->name);
	for (unsigned i = CACHE_UNUSED + 1; i < CACHE_USES; i++)
		json_name_number(o, cache_use_name((enum cache_use)i).p,
		    l->uses[i]);
	out_char(o, '}');
}

static void write_json(struct out *o, const struct conf *conf,
    struct str name, const struct cache_sums *sums, uint64_t largest)
{
	out_lit(o, "{\"ok\":true");
	write_sums_json(o, sums, largest);
	json_name(o, "vhosts");
	out_char(o, '[');
	for (unsigned i = 0; i < conf->vhost_count; i++) {
		struct line line;

		if (!is_meant(conf->vhosts[i], name))
			continue;
		line = line_of(conf->vhosts[i]);
		write_line_json(o, &line);
	}
	out_lit(o, "]}\n");
}

/* ---- asked ---- */

static bool refuse_unknown(struct out *o, const struct conf *conf,
    struct str name)
{
	const char *before = "; there are: ";

	if (name.n > 0)
		out_fmt(o, "error: no vhost \"%" PRI_STR "\" has a cache",
		    ARG_STR(name));
	else
		out_lit(o, "error: no vhost has a cache: write cache = true;");
	for (unsigned i = 0; i < conf->vhost_count; i++) {
		if (!cache_tally_has(conf->vhosts[i]))
			continue;
		out_fmt(o, "%s%s", before, conf->vhosts[i]->name);
		before = ", ";
	}
	out_char(o, '\n');
	return false;
}

static bool any_is_meant(const struct conf *conf, struct str name)
{
	for (unsigned i = 0; i < conf->vhost_count; i++)
		if (is_meant(conf->vhosts[i], name))
			return true;
	return false;
}

bool cache_asked_status(const struct conf *conf, struct str words,
    struct out *answer)
{
	struct str name = STR("");
	struct cache_sums sums;
	uint64_t largest;

	(void)str_next_part(&words, '\t', &name);
	if (!cache_is_there() || !any_is_meant(conf, name))
		return refuse_unknown(answer, conf, name);
	sums = cache_sum();
	largest = cache_largest_here();
	if (str_eq(words, STR("json"))) {
		write_json(answer, conf, name, &sums, largest);
		return true;
	}
	write_sums(answer, &sums, largest);
	out_char(answer, '\n');
	write_vhosts(answer, conf, name);
	return true;
}
