/*
 * scope.h - what holds for an exchange, whichever way it goes.
 */
#ifndef COMMON_CONF_SCOPE_H
#define COMMON_CONF_SCOPE_H

#include "common/conf/build.h"
#include "common/conf/layers.h"

/* Does GROUP, a vhost's or a route's, say anything of it? */
bool conf_scope_is_written(const config_setting_t *group);

/* Can a setting of that name be inherited? */
bool conf_scope_inherits(struct str key);

/* All that can, in A: "limits, timeouts, ...". */
const char *conf_scope_list(struct arena *a);

/* Is ID one of limits that is not of an exchange, but of a connection? */
bool conf_scope_is_of_connection(enum conf_setting id);

/* Reads it from LAYERS; the groups were checked.  Never NULL. */
const struct conf_scope *conf_scope_read(struct conf_build *b,
    const struct conf_layers *layers);

/*
 * Of an address, as long as nobody knows whom a request is for: sluiced.conf's
 * scope, but for a head, and a connection of HTTP/2, only what conf_scope_widen
 * grants: as much as BY.
 */
struct conf_scope *conf_scope_narrow(const struct conf_build *b);
void conf_scope_widen(struct conf_scope *s, const struct conf_scope *by);

#endif
