/*
 * route.h - which request goes where.
 */
#ifndef COMMON_CONF_ROUTE_H
#define COMMON_CONF_ROUTE_H

#include "common/conf/build.h"

/* Where what no route takes goes, as a vhost's "proxy" or "redirect" says. */
struct conf_rest {
	struct conf_pool *pool; /* one of the two */
	const struct conf_answer *answer;
	const struct conf_spot *spot;
};

/*
 * Reads the setting "routes" (or NULL) of a vhost, whose pools are known
 * already, and adds REST (or NULL) as the route "/".
 */
void conf_route_read_all(struct conf_build *b, struct conf_draft *draft,
    const config_setting_t *setting, const struct conf_rest *rest);

#endif
