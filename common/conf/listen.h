/*
 * listen.h - the addresses that vhosts listen on.
 */
#ifndef COMMON_CONF_LISTEN_H
#define COMMON_CONF_LISTEN_H

#include "common/conf/build.h"

/* A setting "listen": one entry, or an array or list of them. */
void conf_listen_read(struct conf_build *b, const config_setting_t *setting,
    struct conf_bindings *bindings_r);

/* The addresses of a setting "tcp". */
void conf_listen_read_tcp(struct conf_build *b,
    const config_setting_t *setting, struct conf_bindings *bindings_r);

/* What nobody wrote, for vhosts without and with TLS: "80", and "443". */
void conf_listen_read_defaults(struct conf_build *b,
    const struct conf_spot *spot);

/* One entry as text. */
void conf_listen_read_text(struct conf_build *b, const struct conf_spot *spot,
    const char *text, struct conf_bindings *bindings_r);

#endif
