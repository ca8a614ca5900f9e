/*
 * ways.c - the routes that a path may take.
 *
 * Built in the master, walked in workers: no allocation, no wait.
 */
#include "common/conf/ways.h"

#include <stdlib.h>

#include "common/base/insist.h"
#include "common/conf/conf.h"

/* ---- building ---- */

/* The first segment of *PATH ("/a/b" -> "a"), which then is behind it. */
static bool next_segment(struct str *path, struct str *segment_r)
{
	const char *slash;

	while (path->n > 0 && path->p[0] == '/')
		path->p++, path->n--;
	if (path->n == 0)
		return false;
	slash = memchr(path->p, '/', path->n);
	*segment_r = str_make(path->p,
	    slash != NULL ? (size_t)(slash - path->p) : path->n);
	path->p += segment_r->n;
	path->n -= segment_r->n;
	return true;
}

/* The way down to SEGMENT, or NULL; *AT_R: where it would be. */
static struct conf_way *find_down(const struct conf_way *way,
    struct str segment, unsigned *at_r)
{
	unsigned low = 0, high = way->down_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		int diff = str_cmp(segment, way->down[middle]->segment);

		if (diff == 0)
			return way->down[middle];
		if (diff < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*at_r = low;
	return NULL;
}

/* Room for one element more: doubled at each power of two. */
static void *grow(struct arena *a, void *old, unsigned count, size_t size)
{
	void *p;

	if ((count & (count - 1)) != 0)
		return old;
	p = arena_alloc(a, (count > 0 ? 2 * (size_t)count : 1) * size);
	if (count > 0)
		memcpy(p, old, count * size);
	return p;
}

static struct conf_way *add_down(struct arena *a, struct conf_way *way,
    struct str segment)
{
	unsigned at = 0;
	struct conf_way *down = find_down(way, segment, &at);

	if (down != NULL)
		return down;
	down = ARENA_NEW(a, struct conf_way);
	down->segment = segment;
	down->up = way;
	way->down = grow(a, way->down, way->down_count, sizeof(*way->down));
	memmove(way->down + at + 1, way->down + at,
	    (way->down_count - at) * sizeof(*way->down));
	way->down[at] = down;
	way->down_count++;
	return down;
}

/* Behind those with as many conditions or more. */
static void add_route(struct arena *a, struct conf_routes *list,
    const struct conf_route *route)
{
	unsigned at = list->count;

	list->at = grow(a, list->at, list->count, sizeof(*list->at));
	while (at > 0 &&
	    list->at[at - 1]->condition_count < route->condition_count) {
		list->at[at] = list->at[at - 1];
		at--;
	}
	list->at[at] = route;
	list->count++;
}

/* Patterns stay in their order, whatever their conditions. */
static void add_pattern(struct arena *a, struct conf_routes *list,
    const struct conf_route *route)
{
	list->at = grow(a, list->at, list->count, sizeof(*list->at));
	list->at[list->count++] = route;
}

static void add_path(struct conf_ways *ways, struct arena *a,
    const struct conf_route *route)
{
	struct conf_way *way = &ways->root;
	struct str path = route->path;
	struct str segment;

	while (next_segment(&path, &segment))
		way = add_down(a, way, segment);
	add_route(a, route->is_exact ? &way->exact : &way->below, route);
}

void conf_ways_build(struct conf_ways *ways, struct arena *a,
    const struct conf_route *routes, unsigned count)
{
	*ways = (struct conf_ways){.root.segment = STR("")};
	for (unsigned i = 0; i < count; i++) {
		if (routes[i].pattern == NULL)
			add_path(ways, a, &routes[i]);
		else
			add_pattern(a, routes[i].is_first ? &ways->firsts
							  : &ways->patterns,
			    &routes[i]);
	}
}

/* ---- walking ---- */

enum stage { STAGE_FIRSTS, STAGE_EXACT, STAGE_BELOW, STAGE_PATTERNS,
	STAGE_ROOT, STAGE_END };

struct conf_walk conf_walk_begin(const struct conf_ways *ways,
    struct str path)
{
	const struct conf_way *way = &ways->root;
	struct str segment;
	bool whole = true;
	unsigned at;

	while (next_segment(&path, &segment)) {
		const struct conf_way *down = find_down(way, segment, &at);

		whole = down != NULL;
		if (!whole)
			break;
		way = down;
	}
	return (struct conf_walk){.ways = ways,
	    .way = way,
	    .list = &ways->firsts,
	    .stage = STAGE_FIRSTS,
	    .whole = whole};
}

/* The list behind the one that was gone through; NULL: that was the last. */
static const struct conf_routes *next_list(struct conf_walk *walk)
{
	static const struct conf_routes nothing;

	switch ((enum stage)walk->stage) {
	case STAGE_FIRSTS:
		walk->stage = STAGE_EXACT;
		return walk->whole ? &walk->way->exact : &nothing;
	case STAGE_EXACT:
		walk->stage = STAGE_BELOW;
		return walk->way->up != NULL ? &walk->way->below : &nothing;
	case STAGE_BELOW:
		if (walk->way->up != NULL)
			walk->way = walk->way->up;
		if (walk->way->up != NULL)
			return &walk->way->below;
		walk->stage = STAGE_PATTERNS;
		return &walk->ways->patterns;
	case STAGE_PATTERNS:
		walk->stage = STAGE_ROOT;
		return &walk->ways->root.below;
	case STAGE_ROOT:
	case STAGE_END:
		break;
	}
	walk->stage = STAGE_END;
	return NULL;
}

const struct conf_route *conf_walk_next(struct conf_walk *walk)
{
	while (walk->list != NULL && walk->next == walk->list->count) {
		walk->list = next_list(walk);
		walk->next = 0;
	}
	return walk->list != NULL ? walk->list->at[walk->next++] : NULL;
}
