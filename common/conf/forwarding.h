/*
 * forwarding.h - what origins are told of a request's way, and whom we
 * believe about it.
 */
#ifndef COMMON_CONF_FORWARDING_H
#define COMMON_CONF_FORWARDING_H

#include "common/conf/build.h"
#include "common/conf/layers.h"
#include "common/conf/name.h"

/* trusted_proxies of sluiced.conf (ROOT; NULL: there is none). */
void conf_forwarding_read_trusted(struct conf_build *b,
    const config_setting_t *root);

/* proxy_protocol_from, the same. */
void conf_forwarding_read_speakers(struct conf_build *b,
    const config_setting_t *root);

/* send_host and forwarded of the nearest of LAYERS. */
void conf_forwarding_read(struct conf_build *b,
    const struct conf_layers *layers, struct conf_scope *scope);

/* "App.Internal:8080" as a Host field has it, in A.  NULL: *fault_r says why
 * it is none. */
const char *conf_forwarding_host(struct arena *a, struct str text,
    struct conf_name_fault *fault_r);

#endif
