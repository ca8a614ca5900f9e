/*
 * ciphers.h - versions and ciphers of TLS, as operators write them.
 */
#ifndef COMMON_CONF_CIPHERS_H
#define COMMON_CONF_CIPHERS_H

#include "common/conf/build.h"
#include "common/conf/layers.h"

/* "1.2", "1.3": as OpenSSL counts them.  Else it is reported. */
int conf_ciphers_version(struct conf_build *b,
    const struct conf_layers *layers, enum conf_setting id);

/*
 * What the nearest of LAYERS says as ID: *ciphers_r are those of TLS 1.2,
 * *suites_r those of TLS 1.3; NULL: OpenSSL's own.
 */
void conf_ciphers_read(struct conf_build *b, const struct conf_layers *layers,
    enum conf_setting id, const char **ciphers_r, const char **suites_r);

#endif
