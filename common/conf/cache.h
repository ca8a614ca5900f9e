/*
 * cache.h - what operators say of caching.
 */
#ifndef COMMON_CONF_CACHE_H
#define COMMON_CONF_CACHE_H

#include "common/conf/build.h"
#include "common/conf/layers.h"

/*
 * Does a vhost or route of LAYERS cache?  GLOBAL, the last of them or NULL, is
 * sluiced.conf: a group there says how, a group elsewhere that it does, too.
 */
bool conf_cache_is_on(const struct conf_layers *layers,
    const config_setting_t *global);

/* The setting cache.path of sluiced.conf, whose group is ROOT or NULL. */
void conf_cache_read_path(struct conf_build *b, const config_setting_t *root);

/* What LAYERS say of it.  NULL: nothing is cached. */
const struct conf_cache *conf_cache_read(struct conf_build *b,
    const struct conf_layers *layers, enum conf_client_cert client_cert);

/* Says so if sluiced.conf has a group, and nobody uses it; after all vhosts. */
void conf_cache_check_used(struct conf_build *b);

/* What the group of ROUTE may not say of it; before its scope is read. */
void conf_cache_check_route(struct conf_build *b,
    const config_setting_t *group, const struct conf_route *route);

#endif
