/*
 * outlier.c - when a server is taken out for its errors.
 *
 * Runs in the master.
 */
#include "common/conf/outlier.h"

#include "common/conf/settings.h"

const struct conf_outlier *conf_outlier_read(struct conf_build *b,
    const config_setting_t *pool)
{
	const config_setting_t *g;
	struct conf_outlier *o;

	if (!conf_setting_feature(pool, SETTING_POOL_outlier, &g))
		return NULL;
	o = ARENA_NEW(&b->conf->arena, struct conf_outlier);
	*o = (struct conf_outlier){
	    .errors = conf_setting_count(g, SETTING_OUTLIER_errors),
	    .within = conf_setting_duration(g, SETTING_OUTLIER_within),
	    .eject = conf_setting_duration(g, SETTING_OUTLIER_eject),
	    .max_ejected = conf_setting_share(g, SETTING_OUTLIER_max_ejected),
	    .error_rate = conf_setting_share(g, SETTING_OUTLIER_error_rate),
	    .requests = conf_setting_count(g, SETTING_OUTLIER_requests),
	    .latency = conf_setting_duration(g, SETTING_OUTLIER_latency),
	};
	return o;
}
