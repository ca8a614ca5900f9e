/*
 * quick.h - a proxy from two options, without any file.
 */
#ifndef COMMON_CONF_QUICK_H
#define COMMON_CONF_QUICK_H

#include "common/conf/build.h"

/* --listen and --to of REQUEST: a vhost "*" that leads to one server. */
void conf_quick_read(struct conf_build *b, const struct conf_request *request);

#endif
