/*
 * bytes.h - vhosts that forward bytes: "tcp", and TLS that is passed through.
 */
#ifndef COMMON_CONF_BYTES_H
#define COMMON_CONF_BYTES_H

#include "common/conf/build.h"

/* Do the pools of DRAFT, of ROOT, fit what it forwards? */
void conf_bytes_check(struct conf_build *b, const struct conf_draft *draft,
    const config_setting_t *root);

#endif
