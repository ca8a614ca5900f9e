/*
 * route.c - who is meant by a request.
 *
 * Only the normalised path and the validated host are looked at: what was
 * matched is what is forwarded.
 */
#include "worker/proxy/route.h"

bool route_find_vhost(struct exchange *x)
{
	const struct conf_listener *l = x->client->listener;
	enum method method = x->request.method;

	x->vhost = conf_find_vhost(l, x->request.host);
	if (x->vhost == NULL)
		exchange_fail(x, END_unknown_host);
	else if (method == METHOD_CONNECT || method == METHOD_TRACE)
		exchange_fail(x, END_method_refused);
	return x->end == END_NONE;
}

bool route_find(struct exchange *x)
{
	x->route = conf_find_route(x->vhost, x->request.path);
	if (x->route == NULL)
		exchange_fail(x, END_no_route);
	return x->route != NULL;
}
