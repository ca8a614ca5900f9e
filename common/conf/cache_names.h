/*
 * cache_names.h - names in the settings of caching: of cookies, parameters
 * and fields.
 */
#ifndef COMMON_CONF_CACHE_NAMES_H
#define COMMON_CONF_CACHE_NAMES_H

#include "common/conf/build.h"

enum conf_cache_kind {
	CONF_CACHE_PARAMETERS,	   /* of a query; "*" may be in them */
	CONF_CACHE_COOKIES,	   /* whose values are in the key */
	CONF_CACHE_BYPASS_COOKIES, /* the same with "*" */
	CONF_CACHE_KEY_FIELDS,	   /* of requests, whose values are */
	CONF_CACHE_TARGETS	   /* fields of replies */
};

/* Reads SETTING (NULL: none), one or several.  What is wrong is reported, and
 * left out.  Memory from the conf's arena. */
struct conf_cache_names conf_cache_names_read(struct conf_build *b,
    const config_setting_t *setting, enum conf_cache_kind kind);

/* Is S the name of a field?  False: reported, refused. */
bool conf_cache_check_field(struct conf_build *b, const config_setting_t *s);

#endif
