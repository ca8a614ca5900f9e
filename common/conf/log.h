/*
 * log.h - the groups "log" and "error_log".
 *
 *	log = { file = "/var/log/sluice/shop.log"; format = "json"; };
 *	log = "/var/log/sluice/shop.log";	log = false;
 *	error_log = { file = "syslog:local0"; level = "warning"; };
 */
#ifndef COMMON_CONF_LOG_H
#define COMMON_CONF_LOG_H

#include "common/conf/build.h"
#include "common/conf/layers.h"

/*
 * The access log that holds in LAYERS, of which the groups were checked: the
 * nearest "log" says whether there is one, and each of its settings comes
 * from the nearest that has it.  NULL: exchanges are not logged.
 */
const struct conf_log *conf_log_read(struct conf_build *b,
    const struct conf_layers *layers);

/* The error log, into the conf.  ROOT is sluiced.conf, or NULL. */
void conf_log_read_errors(struct conf_build *b, const config_setting_t *root);

#endif
