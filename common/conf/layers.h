/*
 * layers.h - the groups in which a setting may stand, the nearest first.
 *
 *	route > vhost > presets > sluiced.conf > the default of the table
 *
 * Inheritance merges: each setting is taken from the nearest group that has
 * it, whatever else that group says.  A setting of a sub-group is looked for
 * in the sub-groups of that name:
 *
 *	struct conf_layers limits = conf_layers_in(&layers, SETTING_VHOST_limits);
 *	size = conf_setting_size(CONF_NEAREST(&limits, SETTING_LIMITS_body));
 */
#ifndef COMMON_CONF_LAYERS_H
#define COMMON_CONF_LAYERS_H

#include "common/conf/settings.h"

#define CONF_LAYERS_MAX 20

struct conf_layers {
	unsigned count;
	const config_setting_t *at[CONF_LAYERS_MAX];
};

/* BELOW (NULL: nothing) with GROUP (NULL: as it is) before it. */
struct conf_layers conf_layers_over(const struct conf_layers *below,
    const config_setting_t *group);

/* The sub-groups with ID's name; ID may be of any of the contexts. */
struct conf_layers conf_layers_in(const struct conf_layers *layers,
    enum conf_setting id);

/* The nearest group that has ID, for the getters of settings.h; or NULL. */
const config_setting_t *conf_layers_nearest(const struct conf_layers *layers,
    enum conf_setting id);

/* The two arguments of a getter. */
#define CONF_NEAREST(layers, id) conf_layers_nearest((layers), (id)), (id)

#endif
