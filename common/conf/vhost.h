/*
 * vhost.h - one file of vhost_dir.
 */
#ifndef COMMON_CONF_VHOST_H
#define COMMON_CONF_VHOST_H

#include "common/conf/build.h"

/* Reads a vhost into a draft of B; its errors are reported. */
void conf_vhost_read(struct conf_build *b, const struct conf_source *source);

/* A draft with the host "*" alone: quick mode. */
struct conf_draft *conf_vhost_make(struct conf_build *b,
    const struct conf_spot *spot);

#endif
