/*
 * log_format.h - what a line of an access log looks like, read once.
 *
 *	format = "logfmt"	format = "combined"	format = "json"
 *	format = "${client} ${method} ${target} ${status}"
 *
 * "combined" is short for a template.
 */
#ifndef COMMON_CONF_LOG_FORMAT_H
#define COMMON_CONF_LOG_FORMAT_H

#include "common/conf/build.h"

/* Bytes of a template, and parts of it: fields, and text between them. */
#define CONF_LOG_TEXT_MAX 1024
#define CONF_LOG_PARTS_MAX 100

/* What SETTING (NULL: nothing) asks for.  After an error, which is reported:
 * what a log without a format has. */
struct conf_log_format conf_log_format_read(struct conf_build *b,
    const config_setting_t *setting);

#endif
