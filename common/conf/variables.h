/*
 * variables.h - ${env:NAME} and ${file:/PATH}: what is filled in at load.
 *
 * They may stand in any string.  What is left of "${" after that belongs to a
 * template (template.h), or is refused.
 */
#ifndef COMMON_CONF_VARIABLES_H
#define COMMON_CONF_VARIABLES_H

#include <libconfig.h>

#include "common/conf/tree.h"

#define CONF_SECRET_MAX ((size_t)64 * 1024)

/*
 * Fills in all strings of ROOT, which have their nodes.  Errors are reported,
 * and the strings that have them refused.
 *
 * A string without templates becomes its plain text.  One with a template
 * keeps its "${name}" and "$${", and its node says so (variables).  The node
 * remembers what was written wherever that differs from what is read.
 */
void conf_variables_fill(const struct conf_scan_input *input,
    config_setting_t *root);

/* Refuses "${name}" in a string that is no template, once.  True: it has one. */
bool conf_variables_refuse(struct conf_report *r, const config_setting_t *s,
    const char *key);

/*
 * Warns of "$host" and, if there is a PATTERN, of "$1" in a template: names as
 * other proxies write them.
 */
void conf_variables_lint(struct conf_report *r, const config_setting_t *s,
    bool pattern);

/* The part WHAT of what S has in the file; the whole if it is not found. */
struct conf_spot conf_variables_spot(const config_setting_t *s,
    struct str what);

#endif
