/*
 * show_merged.c - logs and headers, as sluiced -T prints them.
 *
 * Runs in the process of -T.  Both merge their groups in a way of their own,
 * which is that of log.c and headers.c.
 */
#include "common/base/insist.h"
#include "common/conf/show_group.h"

/* ---- logs ---- */

/* What names the file: the setting itself, or "file" in it. */
static const config_setting_t *named_file(const config_setting_t *log,
    enum conf_setting file)
{
	if (log == NULL || log->type == CONFIG_TYPE_STRING)
		return log;
	return config_setting_is_group(log) ? conf_setting_get(log, file)
					    : NULL;
}

static void show_file(struct conf_writer *w, enum conf_setting id,
    enum conf_setting file, const struct conf_layers *layers)
{
	const config_setting_t *found = NULL;

	for (unsigned i = 0; i < layers->count && found == NULL; i++)
		found = named_file(conf_setting_get(layers->at[i], id), file);
	if (found == NULL) {
		conf_show_default(w, file);
		return;
	}
	conf_write_begin(w, conf_setting_rows[file].key);
	conf_write_value(w, found);
	conf_write(w, ";");
	conf_write_end(w, conf_tree_spot(found));
}

void conf_show_log(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers)
{
	const struct conf_setting_row *row = &conf_setting_rows[id];
	bool access = row->least == CONTEXT_LOG;
	enum conf_setting file =
	    access ? SETTING_LOG_file : SETTING_ERROR_LOG_file;
	const config_setting_t *group = conf_layers_nearest(layers, id);
	const config_setting_t *s =
	    group != NULL ? conf_setting_get(group, id) : NULL;
	struct conf_layers in = conf_layers_in(layers, id);

	if (s != NULL && s->type == CONFIG_TYPE_BOOL &&
	    !config_setting_get_bool(s)) {
		conf_show_setting(w, s);
		return;
	}
	conf_write_begin(w, row->key);
	conf_write_open(w, "{", NULL);
	show_file(w, id, file, layers);
	for (int i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context ==
		    conf_setting_rows[file].context &&
		    conf_setting_rows[i].type != TYPE_LATER && i != (int)file)
			conf_show_row(w, (enum conf_setting)i, &in);
	conf_write_close(w, "};");
	conf_write_end(w, NULL);
}

/* ---- headers ---- */

static bool removes(const config_setting_t *group, const char *name)
{
	const config_setting_t *remove =
	    conf_setting_get(group, SETTING_FIELDS_remove);
	unsigned count = remove != NULL ? conf_tree_item_count(remove) : 0;

	for (unsigned i = 0; i < count; i++)
		if (str_eq_nocase(str_from(conf_tree_text(
			conf_tree_item(remove, i))), str_from(name)))
			return true;
	return false;
}

static bool has_member(const config_setting_t *group, enum conf_setting id,
    const char *name)
{
	const config_setting_t *s = conf_setting_get(group, id);
	int count = s != NULL ? config_setting_length(s) : 0;

	for (int i = 0; i < count; i++)
		if (str_eq_nocase(
			str_from(config_setting_get_elem(s, (unsigned)i)->name),
			str_from(name)))
			return true;
	return false;
}

/* Do the first N of IN say anything of the field? */
static bool said_nearer(const struct conf_layers *in, unsigned n,
    const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (has_member(in->at[i], SETTING_FIELDS_set, name) ||
		    has_member(in->at[i], SETTING_FIELDS_add, name) ||
		    removes(in->at[i], name))
			return true;
	return false;
}

static void show_values(struct conf_writer *w, const struct conf_layers *in,
    enum conf_setting id)
{
	bool opened = false;

	for (unsigned layer = 0; layer < in->count; layer++) {
		const config_setting_t *s = conf_setting_get(in->at[layer], id);
		int count = s != NULL ? config_setting_length(s) : 0;

		for (int i = 0; i < count; i++) {
			const config_setting_t *member =
			    config_setting_get_elem(s, (unsigned)i);

			if (said_nearer(in, layer, member->name))
				continue;
			if (!opened) {
				conf_write_begin(w, conf_setting_rows[id].key);
				conf_write_open(w, "{", NULL);
				opened = true;
			}
			conf_show_setting(w, member);
		}
	}
	if (opened) {
		conf_write_close(w, "};");
		conf_write_end(w, NULL);
	}
}

static void show_removed(struct conf_writer *w, const struct conf_layers *in)
{
	const config_setting_t *last = NULL;

	for (unsigned layer = 0; layer < in->count; layer++) {
		const config_setting_t *s =
		    conf_setting_get(in->at[layer], SETTING_FIELDS_remove);
		unsigned count = s != NULL ? conf_tree_item_count(s) : 0;

		for (unsigned i = 0; i < count; i++) {
			const config_setting_t *item = conf_tree_item(s, i);

			if (said_nearer(in, layer, conf_tree_text(item)))
				continue;
			if (last == NULL) {
				conf_write_begin(w, "remove");
				conf_write_open(w, "(", NULL);
			} else {
				conf_write(w, ",");
				conf_write_end(w, conf_tree_spot(last));
			}
			conf_write_begin(w, NULL);
			conf_write_value(w, item);
			last = item;
		}
	}
	if (last != NULL) {
		conf_write_end(w, conf_tree_spot(last));
		conf_write_close(w, ");");
		conf_write_end(w, NULL);
	}
}

void conf_show_fields(struct conf_writer *w, const struct conf_layers *in)
{
	show_values(w, in, SETTING_FIELDS_set);
	show_values(w, in, SETTING_FIELDS_add);
	show_removed(w, in);
}
