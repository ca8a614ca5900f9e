/*
 * cache_listed.c - what is told of one object of the cache.
 *
 * Runs in the worker that is asked.
 */
#include "worker/proxy/cache_listed.h"

#include "common/base/json.h"
#include "worker/cache/reason.h"
#include "worker/proxy/cache_meant.h"

static const char *const states[] = {
    [CACHE_LISTED_FETCHING] = "fetching",
    [CACHE_LISTED_GROWING] = "growing",
    [CACHE_LISTED_WHOLE] = "whole",
    [CACHE_LISTED_MARK] = "mark",
    [CACHE_LISTED_FAILED] = "failed",
};

static bool is_object(const struct cache_listed *l)
{
	return l->state == CACHE_LISTED_GROWING ||
	    l->state == CACHE_LISTED_WHOLE;
}

/* "42s", "stale 3m12s" */
static void write_ttl(struct out *o, const struct cache_listed *l)
{
	if (l->ttl < 0)
		out_lit(o, "stale ");
	out_span(o, l->ttl < 0 ? -l->ttl : l->ttl);
}

static void write_variant(struct out *o, struct str text)
{
	struct str line;

	while (str_next_part(&text, '\n', &line))
		if (line.n > 0)
			out_fmt(o, "  %" PRI_STR, ARG_STR(line));
}

void cache_listed_head(struct out *o)
{
	out_fmt(o, "%-8s  %3s  %12s  %6s  %-12s  %s\n", "STATE", "", "BYTES",
	    "HITS", "FRESH FOR", "URL");
}

void cache_listed_line(const struct cache_listed *l, struct out *o)
{
	char text[32];
	struct out ttl = out_make(text, sizeof(text));

	write_ttl(&ttl, l);
	if (is_object(l))
		out_fmt(o, "%-8s  %3u  %12llu  %6llu  %-12s", states[l->state],
		    l->status, (unsigned long long)l->size,
		    (unsigned long long)l->hits, out_cstr(&ttl));
	else
		out_fmt(o, "%-8s  %3s  %12s  %6s  %-12s", states[l->state],
		    "-", "-", "-", out_cstr(&ttl));
	out_fmt(o, "  %" PRI_STR "%s",
	    ARG_STR(cache_url_of(cache_listed_key(l))),
	    l->key_n > CACHE_LISTED_KEY ? "..." : "");
	write_variant(o, cache_listed_variant(l));
	if (l->state == CACHE_LISTED_MARK)
		out_fmt(o, "  %s", cache_reason_text(l->reason));
	out_char(o, '\n');
}

void cache_listed_json(const struct cache_listed *l, struct out *o)
{
	json_item(o);
	out_char(o, '{');
	json_name_string(o, "state", str_from(states[l->state]));
	json_name_string(o, "url", cache_url_of(cache_listed_key(l)));
	if (l->variant_n > 0)
		json_name_string(o, "variant", cache_listed_variant(l));
	if (is_object(l)) {
		json_name_number(o, "status", l->status);
		json_name_number(o, "size", l->size);
		json_name_number(o, "hits", l->hits);
		json_name_number(o, "age", (uint64_t)(l->age / USEC_PER_SEC));
	}
	json_name_number(o, "memory", l->memory);
	json_name_number(o, l->ttl < 0 ? "stale" : "ttl",
	    (uint64_t)((l->ttl < 0 ? -l->ttl : l->ttl) / USEC_PER_SEC));
	if (l->state == CACHE_LISTED_MARK)
		json_name_string(o, "reason",
		    str_from(cache_reason_text(l->reason)));
	out_char(o, '}');
}

static void tell_object(const struct cache_listed *l, struct out *o)
{
	out_fmt(o, ", %u, %llu bytes, age ", l->status,
	    (unsigned long long)l->size);
	out_span(o, l->age);
	out_str(o, l->ttl < 0 ? STR(", stale for ") : STR(", fresh for "));
	out_span(o, l->ttl < 0 ? -l->ttl : l->ttl);
	out_fmt(o, ", %llu hit%s", (unsigned long long)l->hits,
	    l->hits == 1 ? "" : "s");
}

static void tell_mark(const struct cache_listed *l, struct out *o)
{
	out_fmt(o, ": %s", cache_reason_text(l->reason));
	if (l->ttl < 0)
		return;
	out_lit(o, "; for ");
	out_span(o, l->ttl);
}

void cache_listed_tell(const struct cache_listed *l, struct out *o)
{
	struct str variant = cache_listed_variant(l);
	struct str line;

	out_fmt(o, "stored    %s", states[l->state]);
	if (is_object(l))
		tell_object(l, o);
	else if (l->state == CACHE_LISTED_MARK)
		tell_mark(l, o);
	while (str_next_part(&variant, '\n', &line))
		if (line.n > 0)
			out_fmt(o, ", %" PRI_STR, ARG_STR(line));
	out_char(o, '\n');
}
