/*
 * ways.h - the routes that a path may take, the best first.
 *
 *	patterns with `first`, in order
 *	an exact path
 *	prefixes of whole segments, the longest first, but for "/"
 *	patterns, in order
 *	"/"
 *
 * Of routes with one path those with more conditions come first, and then as
 * they were written.  The paths are a tree of segments, walked once from its
 * root; conditions and patterns are the caller's to check, so that who asks
 * why a route lost walks the same way.
 *
 *	routes /, /api, /api/v1 (two), = /api/v1/status
 *
 *	root  below: [/]
 *	 +- "api"  below: [/api]
 *	     +- "v1"  below: [/api/v1 if POST] [/api/v1]
 *	         +- "status"  exact: [= /api/v1/status]
 */
#ifndef COMMON_CONF_WAYS_H
#define COMMON_CONF_WAYS_H

#include "common/base/arena.h"

struct conf_route;

struct conf_routes {
	const struct conf_route **at;
	unsigned count;
};

struct conf_way {
	struct str segment;
	const struct conf_way *up; /* NULL: the root */
	struct conf_way **down;	   /* sorted by segment */
	unsigned down_count;
	struct conf_routes exact;
	struct conf_routes below; /* at this path and below it */
};

struct conf_ways {
	struct conf_way root;
	struct conf_routes firsts;
	struct conf_routes patterns;
};

/* Sorts the COUNT routes at ROUTES into WAYS; memory from A. */
void conf_ways_build(struct conf_ways *ways, struct arena *a,
    const struct conf_route *routes, unsigned count);

/* A search, for one path. */
struct conf_walk {
	const struct conf_ways *ways;
	const struct conf_way *way;
	const struct conf_routes *list; /* being gone through */
	unsigned next;			/* of LIST */
	unsigned stage;
	bool whole; /* WAY is the whole path */
};

/* PATH is normalised and begins with "/"; it is only looked at here. */
struct conf_walk conf_walk_begin(const struct conf_ways *ways,
    struct str path);

/* The next best route, or NULL: there is no other. */
const struct conf_route *conf_walk_next(struct conf_walk *walk);

#endif
