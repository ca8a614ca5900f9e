/*
 * layers.c - the groups in which a setting may stand.
 *
 * Runs in the master.
 */
#include "common/conf/layers.h"

#include "common/base/insist.h"

struct conf_layers conf_layers_over(const struct conf_layers *below,
    const config_setting_t *group)
{
	struct conf_layers over = {.count = 0};

	if (group != NULL)
		over.at[over.count++] = group;
	if (below == NULL)
		return over;
	INSIST(over.count + below->count <= CONF_LAYERS_MAX);
	for (unsigned i = 0; i < below->count; i++)
		over.at[over.count++] = below->at[i];
	return over;
}

struct conf_layers conf_layers_in(const struct conf_layers *layers,
    enum conf_setting id)
{
	struct conf_layers in = {.count = 0};

	for (unsigned i = 0; i < layers->count; i++) {
		const config_setting_t *group =
		    conf_setting_get(layers->at[i], id);

		if (group != NULL && config_setting_is_group(group))
			in.at[in.count++] = group;
	}
	return in;
}

const config_setting_t *conf_layers_nearest(const struct conf_layers *layers,
    enum conf_setting id)
{
	for (unsigned i = 0; i < layers->count; i++)
		if (conf_setting_get(layers->at[i], id) != NULL)
			return layers->at[i];
	return NULL;
}
