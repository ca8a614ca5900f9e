/*
 * find.c - looking things up in a configuration, without a request at hand.
 *
 * What a request finds depends on more than its host and path: see
 * worker/proxy/route.c.  Here conditions are passed by.
 */
#include "common/conf/conf.h"

#include "common/base/insist.h"

struct conf_vhost *conf_find_vhost(const struct conf_listener *l,
    struct str host)
{
	return conf_names_find(&l->names, host);
}

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
