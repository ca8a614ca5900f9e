/*
 * tree.h - a configuration file as libconfig read it, with places.
 *
 * libconfig's settings, each paired with its node of the scan.
 */
#ifndef COMMON_CONF_TREE_H
#define COMMON_CONF_TREE_H

#include <libconfig.h>

#include "common/conf/scan.h"

/*
 * Scans and parses INPUT->source (INPUT->expanded is set here).  False: all
 * its errors are reported.  *CONFIG must be destroyed in both cases.
 */
bool conf_tree_read(config_t *config, struct conf_scan_input *input);

static inline struct conf_node *conf_tree_node(const config_setting_t *s)
{
	return (struct conf_node *)s->hook;
}

/* Where the value stands. */
static inline const struct conf_spot *conf_tree_spot(const config_setting_t *s)
{
	return &conf_tree_node(s)->value;
}

/* Reported already: its reader passes it by. */
static inline bool conf_tree_refused(const config_setting_t *s)
{
	return conf_tree_node(s)->refused;
}

/* The text of a string setting; never NULL, as libconfig's "" may be. */
const char *conf_tree_text(const config_setting_t *s);

/* The text of a template: "$${" in it stands for "${". */
const char *conf_tree_template(const config_setting_t *s);

/*
 * A string, or an array or list of something, as items: a scalar is the one
 * item of itself.
 */
unsigned conf_tree_item_count(const config_setting_t *s);
const config_setting_t *conf_tree_item(const config_setting_t *s, unsigned i);

/* " in pools.web" for a setting in it; "" at the top of a file. */
#define CONF_TREE_PATH_SIZE 128
const char *conf_tree_path(const config_setting_t *group,
    char text[CONF_TREE_PATH_SIZE]);

#endif
