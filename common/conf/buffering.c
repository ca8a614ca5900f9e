/*
 * buffering.c - how much of a request's body is read before it is sent on.
 *
 * Runs in the master.  The directory of temporary files is looked at here only
 * if some scope needs it, so that nobody has to have one; whether a worker may
 * write there is found out by the worker (worker/proxy/spool.c).
 */
#include "common/conf/buffering.h"

#include <sys/stat.h>

#include "common/conf/units.h"

void conf_buffering_read_dir(struct conf_build *b, const config_setting_t *root)
{
	const char *dir = conf_setting_text(root, SETTING_GLOBAL_buffer_dir);

	b->chose_buffer_dir =
	    conf_setting_given(root, SETTING_GLOBAL_buffer_dir);
	b->conf->buffer_dir = conf_build_path(&b->conf->arena, "", dir);
	if (dir[0] == '/')
		return;
	conf_report_error(b->report,
	    conf_setting_spot(root, SETTING_GLOBAL_buffer_dir),
	    "\"buffer_dir\" must begin with \"/\"");
	conf_report_help(b->report, "write buffer_dir = %s;",
	    conf_setting_rows[SETTING_GLOBAL_buffer_dir].example);
}

static bool read_request(struct conf_build *b, const config_setting_t *group,
    struct conf_buffering *buffering)
{
	static const char *const words[] = {
	    [CONF_BUFFER_STREAM] = "stream",
	    [CONF_BUFFER_FULL] = "full",
	    [CONF_BUFFER_OFF] = "off",
	};
	const char *text = conf_setting_text(group, SETTING_BUFFERING_request);

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) != 0)
			continue;
		buffering->request = (enum conf_buffer)i;
		return true;
	}
	conf_report_error(b->report,
	    conf_setting_spot(group, SETTING_BUFFERING_request),
	    "\"request\" is \"stream\", \"full\" or \"off\"");
	conf_report_help(b->report, "\"stream\" reads what fits the window "
	    "before a server is chosen, \"full\" reads all, \"off\" nothing");
	conf_tree_node(conf_setting_get(group, SETTING_BUFFERING_request))
	    ->refused = true;
	return false;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Bodies that are larger than the window go through files. */
static void check_dir(struct conf_build *b, const struct conf_spot *spot,
    const struct conf_scope *scope)
{
	char body[CONF_UNITS_SIZE], window[CONF_UNITS_SIZE];
	const char *dir = b->conf->buffer_dir;

	b->conf->buffers_files = true;
	if (dir[0] == '/' && !is_directory(dir)) {
		conf_report_error(b->report, spot,
		    "bodies are kept in \"%s\", which is no directory", dir);
		conf_report_help(b->report, "make it, for the user of the "
		    "workers to write in, or set \"buffer_dir\"");
	} else if (!b->chose_buffer_dir) {
		conf_report_lint(b->report, LINT_buffer_on_disk, spot,
		    "bodies of more than %s, and up to %s, go through files "
		    "in %s", conf_units_bytes(window, scope->buffering.window),
		    conf_units_bytes(body, scope->limits.body), dir);
		conf_report_help(b->report, "set \"buffer_dir\" in sluiced.conf "
		    "to a directory with room for them");
	}
}

void conf_buffering_read(struct conf_build *b,
    const struct conf_layers *layers, struct conf_scope *scope)
{
	struct conf_layers in =
	    conf_layers_in(layers, SETTING_VHOST_buffering);
	const config_setting_t *group =
	    conf_layers_nearest(&in, SETTING_BUFFERING_request);
	struct conf_buffering *buffering = &scope->buffering;

	buffering->window =
	    conf_setting_size(CONF_NEAREST(&in, SETTING_BUFFERING_window));
	if (read_request(b, group, buffering) &&
	    buffering->request == CONF_BUFFER_FULL &&
	    scope->limits.body > buffering->window)
		check_dir(b,
		    conf_setting_spot(group, SETTING_BUFFERING_request), scope);
}
