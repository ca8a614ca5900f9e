/*
 * preset.c - groups of settings that vhosts share: presets and use.
 *
 * Runs in the master.  A preset is read once by itself, over sluiced.conf, so
 * that its mistakes are told even if nobody uses it; what that gives is
 * thrown away.
 */
#include "common/conf/preset.h"

#include "common/base/insist.h"
#include "common/conf/scope.h"
#include "common/conf/settings.h"
#include "common/conf/suggest.h"
#include "common/conf/tls.h"

struct conf_preset {
	struct conf_preset *next;
	const config_setting_t *group;
	bool used;
};

/* A vhost's setting that cannot be inherited. */
static void refuse_own(struct conf_build *b, const config_setting_t *setting)
{
	conf_report_error(b->report, &conf_tree_node(setting)->name,
	    "\"%s\" cannot stand in a preset", setting->name);
	conf_report_help(b->report, "a preset holds %s",
	    conf_scope_list(b->scratch));
	conf_tree_node(setting)->refused = true;
}

static bool is_own(const config_setting_t *setting)
{
	for (int i = 0; i < SETTING_END; i++)
		if (conf_setting_rows[i].context == CONTEXT_VHOST &&
		    conf_setting_rows[i].type != TYPE_LATER &&
		    strcmp(conf_setting_rows[i].key, setting->name) == 0)
			return !conf_scope_inherits(str_from(setting->name));
	return false;
}

static void check_preset(struct conf_build *b, const config_setting_t *group)
{
	struct conf_layers layers = conf_layers_over(&b->layers, group);
	int count = config_setting_length(group);

	for (int i = 0; i < count; i++) {
		const config_setting_t *setting =
		    config_setting_get_elem(group, (unsigned)i);

		if (is_own(setting))
			refuse_own(b, setting);
	}
	conf_settings_check(b->report, group, CONTEXT_VHOST);
	conf_tls_check(b, &layers);
	conf_scope_read(b, &layers);
	conf_settings_done(group);
}

void conf_preset_read_all(struct conf_build *b, const config_setting_t *root)
{
	const config_setting_t *presets =
	    conf_setting_get(root, SETTING_GLOBAL_presets);
	int count = presets != NULL ? config_setting_length(presets) : 0;
	struct conf_preset **last = &b->presets;

	for (int i = 0; i < count; i++) {
		const config_setting_t *group =
		    config_setting_get_elem(presets, (unsigned)i);
		struct conf_preset *preset =
		    ARENA_NEW(b->scratch, struct conf_preset);

		preset->group = group;
		*last = preset;
		last = &preset->next;
		if (conf_tree_refused(group))
			preset->used = true;
		else
			check_preset(b, group);
	}
}

/* ---- use ---- */

static void report_unknown(struct conf_build *b, const config_setting_t *item)
{
	struct str name = str_from(conf_tree_text(item));
	struct conf_suggest suggest = conf_suggest_make(name);

	for (struct conf_preset *p = b->presets; p != NULL; p = p->next)
		conf_suggest_offer(&suggest, p->group->name);
	conf_report_error(b->report, conf_tree_spot(item),
	    "there is no preset \"%" PRI_STR "\"", ARG_STR(name));
	if (!conf_suggest_help(&suggest, b->report))
		conf_report_help(b->report, "define it in sluiced.conf: "
		    "presets = { NAME = { ... }; };");
}

/* NULL: there is none, or it is reported. */
static const config_setting_t *find(struct conf_build *b,
    const config_setting_t *item)
{
	for (struct conf_preset *p = b->presets; p != NULL; p = p->next) {
		if (strcmp(p->group->name, conf_tree_text(item)) != 0)
			continue;
		p->used = true;
		return conf_tree_refused(p->group) ? NULL : p->group;
	}
	report_unknown(b, item);
	return NULL;
}

struct conf_layers conf_preset_layers(struct conf_build *b,
    const config_setting_t *root)
{
	const config_setting_t *use =
	    conf_setting_get(root, SETTING_VHOST_use);
	unsigned count = use != NULL ? conf_tree_item_count(use) : 0;
	struct conf_layers layers = b->layers;

	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(use, i);

		if (!conf_tree_refused(item))
			layers = conf_layers_over(&layers, find(b, item));
	}
	return layers;
}

void conf_preset_check_used(struct conf_build *b)
{
	for (struct conf_preset *p = b->presets; p != NULL; p = p->next) {
		if (p->used)
			continue;
		conf_report_lint(b->report, LINT_preset_unused,
		    &conf_tree_node(p->group)->name,
		    "no vhost uses the preset \"%s\"", p->group->name);
		conf_report_help(b->report, "write use = [ \"%s\" ]; in a "
		    "vhost, or remove it", p->group->name);
	}
}
