/*
 * value.h - templates over a request: "/blog${path_rest}".
 */
#ifndef COMMON_CONF_VALUE_H
#define COMMON_CONF_VALUE_H

#include "common/conf/build.h"
#include "common/conf/pattern.h"
#include "common/conf/template.h"

/* The ids of a template's parts. */
enum conf_request_name {
#define REQUEST_NAME(id, name, meaning) CONF_NAME_##id,
#include "common/tbl/request_names.h"
#undef REQUEST_NAME
	CONF_NAME_END
};

/* Takes TEXT apart into memory of A.  False: *fault_r says why. */
bool conf_value_compile(struct arena *a, struct str text,
    const struct conf_pattern *pattern, struct conf_template *value_r,
    struct conf_template_fault *fault_r);

/*
 * Reads the string SETTING as a template; PATTERN (or NULL) is what its ${1}
 * are groups of.  False: reported.
 */
bool conf_value_read(struct conf_build *b, const config_setting_t *setting,
    const struct conf_pattern *pattern, struct conf_template *value_r);

/* May the plain parts of T, from SETTING, stand in a field?  False: told. */
bool conf_value_check_line(struct conf_build *b,
    const config_setting_t *setting, const struct conf_template *t);

/*
 * The same for a path with a query (DELIMITERS "?") or a place ("?#").
 */
bool conf_value_check_url(struct conf_build *b,
    const config_setting_t *setting, const struct conf_template *t,
    const char *delimiters);

/* Does T begin with a scheme?  Else it is a path, or a part of one. */
bool conf_value_is_url(const struct conf_template *t);

/*
 * The same check for a place with a scheme: who is meant must be written out,
 * or be ${host}, and end before anything else is filled in.  Else whoever
 * makes the request says where clients are sent ("https://example.com${1}").
 */
bool conf_value_check_authority(struct conf_build *b,
    const config_setting_t *setting, const struct conf_template *t);

#endif
