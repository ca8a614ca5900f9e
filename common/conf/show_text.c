/*
 * show_text.c - settings written as text, each with its place.
 *
 * Runs in the master.  A string is written with the escapes that libconfig
 * reads back to the same bytes.
 */
#include "common/conf/show_text.h"

#include <stdarg.h>

#include "common/base/insist.h"

#define PLACE_COLUMN 48

void conf_write(struct conf_writer *w, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vfprintf(w->out, fmt, args);
	va_end(args);
	if (n > 0)
		w->column += (unsigned)n;
}

void conf_write_begin(struct conf_writer *w, const char *name)
{
	unsigned outer = w->remarks > 0 ? w->remarks : w->depth;

	INSIST(w->column == 0 && w->depth >= outer);
	conf_write(w, "%*s", (int)(2 * outer), "");
	if (w->remarks > 0)
		conf_write(w, "# %*s", (int)(2 * (w->depth - outer)), "");
	if (name != NULL)
		conf_write(w, "%s = ", name);
}

/* The name of SPOT's file, from the folder of sluiced.conf. */
static const char *short_name(const struct conf_writer *w,
    const struct conf_spot *spot)
{
	const char *name = spot->source->name;
	size_t n = strlen(w->dir);

	return strncmp(name, w->dir, n) == 0 && name[n] == '/' ? name + n + 1
								: name;
}

void conf_write_end(struct conf_writer *w, const struct conf_spot *spot)
{
	if (spot != NULL && w->column < PLACE_COLUMN)
		conf_write(w, "%*s", (int)(PLACE_COLUMN - w->column), "");
	if (spot != NULL && spot->line == 0)
		fputs(" # default", w->out);
	else if (spot != NULL)
		fprintf(w->out, " # %s:%u", short_name(w, spot), spot->line);
	putc('\n', w->out);
	w->column = 0;
}

void conf_write_open(struct conf_writer *w, const char *opener,
    const struct conf_spot *spot)
{
	conf_write(w, "%s", opener);
	conf_write_end(w, spot);
	w->depth++;
}

void conf_write_close(struct conf_writer *w, const char *closer)
{
	INSIST(w->depth > 0);
	w->depth--;
	conf_write_begin(w, NULL);
	conf_write(w, "%s", closer);
}

/* ---- values ---- */

static void write_byte(struct conf_writer *w, char c)
{
	static const char letters[] = "\"\\\n\r\t\f";
	static const char escapes[] = "\"\\nrtf";
	const char *found = c != '\0' ? strchr(letters, c) : NULL;

	if (found != NULL)
		conf_write(w, "\\%c", escapes[found - letters]);
	else if ((unsigned char)c < ' ' || c == 0x7f)
		conf_write(w, "\\x%02x", (unsigned char)c);
	else
		conf_write(w, "%c", c);
}

void conf_write_string(struct conf_writer *w, struct str text)
{
	conf_write(w, "\"");
	for (size_t i = 0; i < text.n; i++)
		write_byte(w, text.p[i]);
	conf_write(w, "\"");
}

static void write_scalar(struct conf_writer *w, const config_setting_t *s)
{
	const struct conf_node *node = conf_tree_node(s);
	struct str text = conf_spot_text(&node->value);

	if (s->type == CONFIG_TYPE_STRING)
		conf_write_string(w, str_from(node->written != NULL
			? node->written : conf_tree_text(s)));
	else
		conf_write(w, "%" PRI_STR, ARG_STR(text));
}

static void write_members(struct conf_writer *w, const config_setting_t *s)
{
	unsigned count = (unsigned)config_setting_length(s);

	conf_write_open(w, "{", NULL);
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *member =
		    config_setting_get_elem(s, i);

		conf_write_begin(w, member->name);
		conf_write_value(w, member);
		conf_write(w, ";");
		conf_write_end(w, config_setting_is_group(member)
			? NULL : conf_tree_spot(member));
	}
	conf_write_close(w, "}");
}

void conf_write_value(struct conf_writer *w, const config_setting_t *s)
{
	unsigned count = (unsigned)config_setting_length(s);
	bool array = config_setting_is_array(s);

	if (config_setting_is_group(s)) {
		write_members(w, s);
		return;
	}
	if (!array && !config_setting_is_list(s)) {
		write_scalar(w, s);
		return;
	}
	conf_write(w, array ? "[ " : "( ");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			conf_write(w, ", ");
		conf_write_value(w, config_setting_get_elem(s, i));
	}
	conf_write(w, array ? " ]" : " )");
}
