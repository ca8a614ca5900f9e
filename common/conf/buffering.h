/*
 * buffering.h - how much of a request's body is read before it is sent on.
 */
#ifndef COMMON_CONF_BUFFERING_H
#define COMMON_CONF_BUFFERING_H

#include "common/conf/build.h"
#include "common/conf/layers.h"

/* The setting buffer_dir of sluiced.conf, whose group is ROOT or NULL.  Before
 * any scope is read. */
void conf_buffering_read_dir(struct conf_build *b,
    const config_setting_t *root);

/* The group buffering of LAYERS into SCOPE, whose limits were read. */
void conf_buffering_read(struct conf_build *b,
    const struct conf_layers *layers, struct conf_scope *scope);

#endif
