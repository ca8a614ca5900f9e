/*
 * find.c - looking things up in a configuration, for each request.
 *
 * Runs in workers, on fibers: no allocation, no wait.  Both are binary
 * searches.  A route is the longest whole-segment prefix of the path, so the
 * path is tried at its end and before each slash, from the right:
 *
 *	/api/v1/users    /api/v1    /api    /
 */
#include "common/conf/conf.h"

#include "common/base/insist.h"

struct conf_vhost *conf_find_vhost(const struct conf_listener *l,
    struct str host)
{
	size_t low = 0, high = l->name_count;

	INSIST(high == 0 || l->names != NULL);
	while (low < high) {
		size_t middle = (low + high) / 2;
		int diff = str_cmp(host, l->names[middle].host);

		if (diff == 0)
			return l->names[middle].vhost;
		if (diff < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return l->catch_all;
}

/* Order of conf_vhost.routes: longest first, then by bytes. */
static int compare(struct str path, const struct conf_route *route)
{
	if (path.n != route->path.n)
		return path.n > route->path.n ? -1 : 1;
	return memcmp(path.p, route->path.p, path.n);
}

static struct conf_route *find_exact(const struct conf_vhost *v,
    struct str path)
{
	size_t low = 0, high = v->route_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int diff = compare(path, &v->routes[middle]);

		if (diff == 0)
			return &v->routes[middle];
		if (diff < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

struct conf_route *conf_find_route(const struct conf_vhost *v,
    struct str path)
{
	size_t n;

	INSIST(v->route_count > 0);
	n = v->routes[0].path.n;
	if (n > path.n)
		n = path.n;
	for (; n > 1; n--) {
		struct conf_route *route;

		if (n < path.n && path.p[n] != '/')
			continue;
		route = find_exact(v, str_make(path.p, n));
		if (route != NULL)
			return route;
	}
	return path.n > 0 ? find_exact(v, str_make(path.p, 1)) : NULL;
}
