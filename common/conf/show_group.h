/*
 * show_group.h - the settings of a group, as sluiced -T prints them.
 */
#ifndef COMMON_CONF_SHOW_GROUP_H
#define COMMON_CONF_SHOW_GROUP_H

#include "common/conf/layers.h"
#include "common/conf/show_text.h"

/* All settings of CONTEXT, each from its nearest group or its default. */
void conf_show_group(struct conf_writer *w, enum conf_context context,
    const struct conf_layers *layers);

/* One row of the table, the same. */
void conf_show_row(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers);

void conf_show_setting(struct conf_writer *w, const config_setting_t *s);
void conf_show_default(struct conf_writer *w, enum conf_setting id);

/* What holds for the pool without a name of a "proxy", as remarks. */
void conf_show_own_pool(struct conf_writer *w);

/*
 * Types whose groups merge by rules of their own, in show_merged.c.  The
 * setting ID, log or error_log: false, a name, or a group.
 */
void conf_show_log(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers);

/* The setting ID, tls, in show_tls.c: a word, or its merged groups; and S of
 * TYPE_TERM; and S that names a file from the folder where it stands. */
void conf_show_tls(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers);
bool conf_show_is_file(enum conf_setting id, const config_setting_t *s);
void conf_show_file(struct conf_writer *w, const config_setting_t *s);
void conf_show_term(struct conf_writer *w, enum conf_setting id,
    const config_setting_t *s);

/* The setting ID, cache, in show_cache.c; and may ID, perhaps one of its
 * group's, stand in what is written? */
void conf_show_cache(struct conf_writer *w, enum conf_setting id,
    const struct conf_layers *layers);
bool conf_show_is_of_cache(const struct conf_writer *w, enum conf_setting id);

/* set, add and remove of the groups IN, merged name by name. */
void conf_show_fields(struct conf_writer *w, const struct conf_layers *in);

#endif
