/*
 * tree.c - a configuration file as libconfig read it, with places.
 *
 * Runs in the master.  The scan and libconfig read the same text and must
 * find the same tree; where they do not, the file is refused rather than
 * understood in two ways.
 */
#include "common/conf/tree.h"

#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/out.h"
#include "common/conf/variables.h"

static short type_of(enum conf_kind kind)
{
	switch (kind) {
	case KIND_STRING:
		return CONFIG_TYPE_STRING;
	case KIND_BOOL:
		return CONFIG_TYPE_BOOL;
	case KIND_INT:
		return CONFIG_TYPE_INT;
	case KIND_INT64:
		return CONFIG_TYPE_INT64;
	case KIND_FLOAT:
		return CONFIG_TYPE_FLOAT;
	case KIND_GROUP:
		return CONFIG_TYPE_GROUP;
	case KIND_ARRAY:
		return CONFIG_TYPE_ARRAY;
	case KIND_LIST:
		return CONFIG_TYPE_LIST;
	case KIND_BAD:
		break;
	}
	return CONFIG_TYPE_NONE;
}

static bool same_name(const config_setting_t *s, const struct conf_node *node)
{
	return s->name == NULL ||
	    str_eq(str_from(s->name), conf_spot_text(&node->name));
}

/* Gives each setting its node; false where the trees differ. */
static bool pair(config_setting_t *s, struct conf_node *node)
{
	struct conf_node *child = node->first;
	unsigned count = (unsigned)config_setting_length(s);

	if (s->type != type_of(node->kind) || !same_name(s, node) ||
	    count != node->count)
		return false;
	s->hook = node;
	for (unsigned i = 0; i < count; i++, child = child->next)
		if (!pair(config_setting_get_elem(s, i), child))
			return false;
	return true;
}

static void parse(config_t *config, const struct conf_scan_input *input,
    struct str text, struct conf_node *root)
{
	struct conf_spot whole = conf_spot_whole(input->source);
	FILE *stream = fmemopen((char *)text.p, text.n, "r");

	INSIST(stream != NULL);
	if (config_read(config, stream) != CONFIG_TRUE)
		conf_report_error(input->report, &whole,
		    "libconfig refuses line %d: %s", config_error_line(config),
		    config_error_text(config));
	else if (!pair(config_root_setting(config), root))
		conf_report_error(input->report, &whole,
		    "libconfig and Sluice read this file differently");
	fclose(stream);
}

bool conf_tree_read(config_t *config, struct conf_scan_input *input)
{
	unsigned errors = input->report->errors;
	struct conf_node *root;
	char *text = NULL;
	size_t size = 0;
	int closed;

	config_init(config);
	input->expanded = open_memstream(&text, &size);
	INSIST(input->expanded != NULL);
	root = conf_scan(input);
	putc('\n', input->expanded); /* a last comment needs it */
	closed = fclose(input->expanded);
	INSIST(closed == 0);
	if (root != NULL)
		parse(config, input, str_make(text, size), root);
	free(text);
	if (input->report->errors > errors)
		return false;
	conf_variables_fill(input, config_root_setting(config));
	return true;
}

const char *conf_tree_text(const config_setting_t *s)
{
	const char *text = config_setting_get_string(s);

	INSIST(s->type == CONFIG_TYPE_STRING);
	return text != NULL ? text : "";
}

const char *conf_tree_template(const config_setting_t *s)
{
	const char *text = conf_tree_node(s)->template;

	return text != NULL ? text : conf_tree_text(s);
}

unsigned conf_tree_item_count(const config_setting_t *s)
{
	bool many = config_setting_is_array(s) || config_setting_is_list(s);

	return many ? (unsigned)config_setting_length(s) : 1;
}

const config_setting_t *conf_tree_item(const config_setting_t *s, unsigned i)
{
	if (!config_setting_is_array(s) && !config_setting_is_list(s))
		return s;
	return config_setting_get_elem(s, i);
}

static void append_path(struct out *o, const config_setting_t *group)
{
	if (group == NULL || config_setting_is_root(group))
		return;
	append_path(o, group->parent);
	if (group->name == NULL)
		return;
	out_str(o, o->n > 0 ? STR(".") : STR(" in "));
	out_str(o, str_from(group->name));
}

const char *conf_tree_path(const config_setting_t *group,
    char text[CONF_TREE_PATH_SIZE])
{
	struct out o = out_make(text, CONF_TREE_PATH_SIZE);

	append_path(&o, group);
	return out_cstr(&o);
}
