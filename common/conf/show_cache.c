/*
 * show_cache.c - caching, as sluiced -T prints it.
 *
 * Runs in the process of -T.  A vhost prints what holds for it: false, or the
 * merged groups; sluiced.conf what it says to all.
 */
#include "common/conf/cache.h"
#include "common/conf/show_group.h"

bool conf_show_is_of_cache(const struct conf_writer *w, enum conf_setting id)
{
	if (id == SETTING_CACHE_all || id == SETTING_CACHE_path)
		return w->part == CONTEXT_GLOBAL;
	return id != SETTING_CACHE_max_size || w->part != CONTEXT_ROUTE;
}

static void show_word(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers)
{
	const config_setting_t *group = conf_layers_nearest(layers, id);
	const config_setting_t *s =
	    group != NULL ? conf_setting_get(group, id) : NULL;

	if (s != NULL && !config_setting_is_group(s))
		conf_show_setting(w, s);
	else
		conf_show_default(w, id);
}

void conf_show_cache(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers)
{
	struct conf_layers in = conf_layers_in(layers, id);
	bool shows_group = w->part == CONTEXT_GLOBAL ? in.count > 0
	    : conf_cache_is_on(layers, w->global);

	if (!shows_group) {
		show_word(w, id, layers);
		return;
	}
	conf_write_begin(w, conf_setting_rows[id].key);
	conf_write_open(w, "{", NULL);
	conf_show_group(w, CONTEXT_CACHE, &in);
	conf_write_close(w, "};");
	conf_write_end(w, NULL);
}
