/*
 * tls.h - the setting "tls" of a vhost.
 */
#ifndef COMMON_CONF_TLS_H
#define COMMON_CONF_TLS_H

#include "common/conf/build.h"

/* What V speaks with its clients, by what ROOT, its file, says; NULL: plain
 * text, or it was reported. */
const struct conf_tls *conf_tls_read(struct conf_build *b,
    const config_setting_t *root, const struct conf_vhost *v);

#endif
