/*
 * headers.h - fields that the operator sets, adds and removes.
 */
#ifndef COMMON_CONF_HEADERS_H
#define COMMON_CONF_HEADERS_H

#include "common/conf/build.h"
#include "common/conf/layers.h"

/*
 * The groups "headers" of LAYERS, into SCOPE.  For each name the nearest group
 * that says something of it decides.
 */
void conf_headers_read(struct conf_build *b, const struct conf_layers *layers,
    struct conf_scope *scope);

/* May fields of this NAME, which stands at SPOT, be set in requests
 * (OF_REQUESTS) or replies?  False: reported. */
bool conf_headers_check_name(struct conf_build *b,
    const struct conf_spot *spot, struct str name, bool of_requests);

#endif
