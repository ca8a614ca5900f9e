/*
 * find.c - the route of a path, without a request at hand.
 *
 * Runs in the master, which asks whether a route can be reached.  What a
 * request finds depends on more than its path: see worker/proxy/route.c.
 */
#include "common/conf/conf.h"

const struct conf_route *conf_find_route(const struct conf_vhost *v,
    struct str path)
{
	struct conf_walk walk = conf_walk_begin(&v->ways, path);
	const struct conf_route *route;

	while ((route = conf_walk_next(&walk)) != NULL) {
		if (route->condition_count > 0)
			continue;
		if (route->pattern == NULL ||
		    conf_pattern_match(route->pattern, path, NULL) ==
			CONF_MATCH)
			return route;
	}
	return NULL;
}
