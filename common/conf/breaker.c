/*
 * breaker.c - when a pool is shut for a while.
 *
 * Runs in the master.
 */
#include "common/conf/breaker.h"

#include "common/conf/settings.h"

const struct conf_breaker *conf_breaker_read(struct conf_build *b,
    const config_setting_t *pool)
{
	const config_setting_t *g;
	struct conf_breaker *breaker;

	if (!conf_setting_feature(pool, SETTING_POOL_breaker, &g))
		return NULL;
	breaker = ARENA_NEW(&b->conf->arena, struct conf_breaker);
	*breaker = (struct conf_breaker){
	    .error_rate = conf_setting_share(g, SETTING_BREAKER_error_rate),
	    .requests = conf_setting_count(g, SETTING_BREAKER_requests),
	    .within = conf_setting_duration(g, SETTING_BREAKER_within),
	    .open = conf_setting_duration(g, SETTING_BREAKER_open),
	};
	if (breaker->error_rate > 0)
		return breaker;
	conf_report_error(b->report,
	    conf_setting_spot(g, SETTING_BREAKER_error_rate),
	    "with \"0%%\" the first request would shut the pool");
	conf_report_help(b->report, "write breaker = false; for none");
	return breaker;
}
